package binary

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// flags are those of the Makefile.
var flags = []string{"-tags", "lambda.norpc,nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}

// Build builds a package of the repository in root as for Lambda, for some system.
func Build(ctx context.Context, root, system, architecture, out, pkg string) error {
	command := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", out, pkg)...)
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return nil
}
