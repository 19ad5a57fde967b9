package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/binary"
	"simple-sam-demo/internal/runtimeapi"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/awsclient"
)

// Logical ids of the functions in template.yaml.
const (
	writerFunction   = "WriterFunction"
	readerFunction   = "ReaderFunction"
	enricherFunction = "EnricherFunction"
)

// functionBuild is a commit's functions.
type functionBuild struct {
	Name     string            // of the commit
	root     string            // the folder of its template.yaml
	programs map[string]string // paths of the built functions that are measured, by logical id
	model    string            // path of the model's artifact, or "" for the one that is compiled in
}

// buildFunctions builds the functions of a work tree for this machine.
func buildFunctions(ctx context.Context, name, root, bin string) (functionBuild, error) {
	b := functionBuild{Name: name, root: root, programs: map[string]string{}}
	for logicalID, pkg := range map[string]string{writerFunction: "./writer/lambda", enricherFunction: "./enricher/lambda"} {
		out, err := filepath.Abs(filepath.Join(bin, name+"-"+logicalID))
		if err != nil {
			return b, err
		}
		if err := binary.Build(ctx, root, runtime.GOOS, runtime.GOARCH, out, pkg); err != nil {
			return b, err
		}
		b.programs[logicalID] = out
	}
	return b, nil
}

// function returns what the build's template says of a function with some memory, in MB.
func (b functionBuild) function(logicalID string, memory int) (template.Function, error) {
	path := filepath.Join(b.root, "template.yaml")
	read, err := template.Read(path, map[string]string{"MemorySize": strconv.Itoa(memory)})
	if err != nil {
		return template.Function{}, err
	}
	system, err := read.Resolve(named)
	if err != nil {
		return template.Function{}, err
	}
	i := slices.IndexFunc(system.Functions, func(f template.Function) bool { return f.LogicalID == logicalID })
	if i < 0 {
		return template.Function{}, fmt.Errorf("%s has no function %s", path, logicalID)
	}
	f := system.Functions[i]
	if b.model != "" {
		f.Environment["MODEL_URI"] = b.model
	}
	return f, nil
}

// defaultMemory is the memory of the functions in MB, unless somebody sets another.
func (b functionBuild) defaultMemory() (int, error) {
	read, err := template.Read(filepath.Join(b.root, "template.yaml"), nil)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(aws.ToString(read.Parameters["MemorySize"].Default))
}

// withDefaultMemory returns what the build's template says of a function, unless somebody changes it.
func (b functionBuild) withDefaultMemory(logicalID string) (template.Function, error) {
	memory, err := b.defaultMemory()
	if err != nil {
		return template.Function{}, err
	}
	return b.function(logicalID, memory)
}

// named resolves a template's references to the names and URLs of [awsProcess].
func named(id, attribute string) (string, error) {
	if value, ok := template.PseudoParameter(id); ok {
		return value, nil
	}
	switch {
	case attribute == "Arn":
		return "arn:aws:any:" + template.Region + ":" + template.Account + ":" + id, nil
	case strings.HasSuffix(id, "Queue") && attribute != "QueueName":
		return "https://sqs." + template.Region + ".amazonaws.com/" + template.Account + "/" + id, nil
	default:
		return id, nil
	}
}

// variables are the environment variables that the template gives a function, as name=value.
func variables(f template.Function) []string {
	return append(assignments(f.Environment), "GOMAXPROCS=2") // small functions see two processors on Lambda
}

// unconnected is for a function that must reach nothing: a proxy that refuses each connection at once.
// AWS_CA_BUNDLE is not set, as Lambda does not set it either.
const unconnected = "HTTPS_PROXY=http://127.0.0.1:1"

func assignments(values map[string]string) (all []string) {
	for name, value := range values {
		all = append(all, name+"="+value)
	}
	return all
}

// functionAWS is the AWS configuration of a function in this process, with another endpoint. It removes
// the shell's own settings for AWS, so that none of them has an effect.
func functionAWS(url string) (aws.Config, error) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			if err := os.Unsetenv(name); err != nil {
				return aws.Config{}, err
			}
		}
	}
	for _, variable := range append(runtimeapi.Variables(), "AWS_ENDPOINT_URL="+url) {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return aws.Config{}, err
		}
	}
	return awsclient.Load()
}
