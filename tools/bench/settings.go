package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simple-sam-demo/local/template"
)

// function is what a build's template says of a function with some memory. An older template
// may have another memory size, which it does not let us choose.
func (b functionBuild) function(logicalID string, memory int) (template.Function, error) {
	path := filepath.Join(b.root, "template.yaml")
	read, err := template.Read(path, nil)
	if err != nil {
		return template.Function{}, err
	}
	if _, ok := read.Parameters["MemorySize"]; ok {
		if read, err = template.Read(path, map[string]string{"MemorySize": strconv.Itoa(memory)}); err != nil {
			return template.Function{}, err
		}
	}
	system, err := read.Resolve(named)
	if err != nil {
		return template.Function{}, err
	}
	i := slices.IndexFunc(system.Functions, func(f template.Function) bool { return f.LogicalID == logicalID })
	if i < 0 {
		return template.Function{}, fmt.Errorf("%s has no function %s", path, logicalID)
	}
	return system.Functions[i], nil
}

// named answers a template's references as the process that is AWS has them.
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

func variables(f template.Function) []string {
	all := []string{"GOMAXPROCS=2"} // Lambda shows small functions two processors, whatever this machine has
	for name, value := range f.Environment {
		all = append(all, name+"="+value)
	}
	return all
}
