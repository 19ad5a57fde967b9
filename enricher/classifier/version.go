package classifier

import (
	"fmt"
	"time"
)

// CheckVersion returns an error unless the version is a real date and a number from 01 to 99 on
// that day, as in 2026-11-23.01. Versions are compared as strings (an older model must not overwrite
// what a newer one wrote), so only a form whose string order is the order in time is safe.
func CheckVersion(version string) error {
	const date = "2006-01-02"
	if len(version) != len(date)+len(".01") || version[len(date)] != '.' {
		return fmt.Errorf("version %q is not of the form YYYY-MM-DD.NN", version)
	}
	if _, err := time.Parse(date, version[:len(date)]); err != nil {
		return fmt.Errorf("version %q does not start with a real date, YYYY-MM-DD", version)
	}
	tens, ones := version[len(date)+1], version[len(date)+2]
	if !isDigit(tens) || !isDigit(ones) || tens == '0' && ones == '0' {
		return fmt.Errorf("version %q does not end with a number from 01 to 99", version)
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
