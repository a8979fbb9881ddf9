// Package contracts holds the data contracts of the demo's three retail files.
package contracts

import "embed"

// Files are the contracts, each named <dataset>.odcs.yaml.
//
//go:embed *.odcs.yaml
var Files embed.FS
