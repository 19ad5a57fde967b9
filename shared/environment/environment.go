// Package environment reads a function's settings from its environment variables, and reports
// everything that is wrong with them at once. It is not for the variables that the AWS SDK reads.
package environment

import (
	"errors"
	"fmt"
	"strconv"
)

// Settings reads variables through a lookup like [os.Getenv]. When a variable cannot be read, its
// method returns the zero value, and Err tells why.
type Settings struct {
	getenv func(string) string
	faults []error
}

// New returns the settings that getenv finds.
func New(getenv func(string) string) *Settings { return &Settings{getenv: getenv} }

// String returns a variable that must not be empty.
func (s *Settings) String(name string) string {
	value := s.getenv(name)
	if value == "" {
		s.faults = append(s.faults, fmt.Errorf("environment variable %s is not set", name))
	}
	return value
}

// IntBetween returns a variable that must be a whole number from least to most.
func (s *Settings) IntBetween(name string, least, most int) int {
	text := s.getenv(name)
	number, err := strconv.Atoi(text)
	if err != nil || number < least || number > most {
		s.faults = append(s.faults, fmt.Errorf("environment variable %s is %q: expected a whole number from %d to %d", name, text, least, most))
		return 0
	}
	return number
}

// Err returns all that was wrong, or nil.
func (s *Settings) Err() error { return errors.Join(s.faults...) }
