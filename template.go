// Package pipeline carries template.yaml, for the programs that need its names when they are not run
// from this folder. It does not read it; package internal/template does.
package pipeline

import _ "embed"

// Template is the text of template.yaml.
//
//go:embed template.yaml
var Template []byte
