package contract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tillwatch/shared/document"
)

// ReadODCS reads a contract in the YAML of the Open Data Contract Standard,
// version 3.0.0 to 3.0.2, 3.1.0 or 3.2.0 by what its apiVersion says. File is
// the name that errors and reports show. The whole vocabulary of the standard
// is accepted and nothing else. The error is [document.Errors]: all faults at
// once, in the order of the file, each with what to write instead.
//
// Where the standard leaves a choice, or its prose and its JSON Schema differ:
//
//   - A severity is error, warning or info; a unit rows or percent.
//   - A dimension is one of the seven words, not their two-letter synonyms.
//   - In 3.0 a rule may name its metric with rule or with metric, and rule has
//     the names of that time too: duplicateCount and validValues. From 3.1 on
//     it is metric alone.
//   - 3.0 also takes what the standard's own examples for it write: a team as
//     a map, the types timestamp and time, and bounds as exclusiveMinimum.
//   - A relationship may have a description, and names are resolved: what they
//     name must be there.
//   - A column of 3.2 may go without a logicalType.
func ReadODCS(file string, data []byte) (*Contract, error) {
	root, err := document.Parse(file, data)
	if err != nil {
		return nil, err
	}
	r := &reader{faults: &document.Faults{File: file}}
	if r.version(root) {
		vocabulary(r.release).CheckNode(root, r.faults)
		r.contract(file, root)
	}
	if err := r.faults.Err(); err != nil {
		return nil, err
	}
	r.out.Text = data
	return &r.out, nil
}

// A reader gives the tree of one document its meaning. Kinds and keys are the
// vocabulary's affair: what is of the wrong kind was reported, and is read as
// if it were not there.
type reader struct {
	release
	faults *document.Faults
	out    Contract
	tables []*document.Node // as they stand in the document, one for each of out.Tables
	index  map[indexKey]map[string]*document.Node

	tableList   *document.Node         // the list of them; nil if there is none
	tableAt     map[string]int         // the index in out.Tables of each by name, the first if several
	relationIDs map[int]map[string]int // ids of relationships by the index of their table
}

type indexKey struct {
	list *document.Node
	key  string
}

// find returns the first map of a list whose key, name or id, is text.
func (r *reader) find(list *document.Node, key, text string) *document.Node {
	if list == nil {
		return nil
	}
	at := indexKey{list, key}
	found, ok := r.index[at]
	if !ok {
		found = map[string]*document.Node{}
		for _, n := range list.Items {
			if have := n.Get(key).Str(); have != "" && found[have] == nil {
				found[have] = n
			}
		}
		if r.index == nil {
			r.index = map[indexKey]map[string]*document.Node{}
		}
		r.index[at] = found
	}
	return found[text]
}

// known lists the names, or ids, in a list of maps; nil where there are so
// many, or so many errors, that nobody would read a hint.
func (r *reader) known(list *document.Node, key string) []string {
	if r.faults.Full() {
		return nil
	}
	var out []string
	for _, n := range list.List() {
		if have := n.Get(key).Str(); have != "" {
			out = append(out, have)
		}
	}
	return out
}

// unique returns base, or base_2 and so on, whichever is the first that was
// not taken, and takes it.
func unique(taken map[string]int, base string) string {
	id := base
	for k := taken[base]; taken[id] > 0; {
		k++
		id = base + "_" + strconv.Itoa(k)
		taken[base] = k
	}
	taken[id] = max(taken[id], 1)
	return id
}

func (r *reader) fault(n *document.Node, hint, format string, args ...any) {
	r.faults.Addf(n.Place, hint, format, args...)
}

func place(n *document.Node) Place { return Place(n.Place) }

func (r *reader) version(root *document.Node) bool {
	if root.Kind != document.Map {
		r.fault(root, "begin with apiVersion: v3.1.0", "a contract is a map, found %s", document.Describe(root))
		return false
	}
	n := root.Get("apiVersion")
	if n == nil {
		hint := "write apiVersion: v3.1.0"
		if root.Get("dataContractSpecification") != nil {
			hint = "convert it: this is the Data Contract Specification, not the Open Data Contract Standard"
		}
		r.fault(root, hint, "the contract needs the key \"apiVersion\"")
		return false
	}
	v, known := releases[n.Str()]
	if known {
		r.release = v
		return true
	}
	hint := "write one of " + strings.Join(sortedKeys(releases), ", ")
	switch {
	case strings.HasPrefix(n.Text, "v2.") || strings.HasPrefix(n.Text, "2."):
		hint = "write apiVersion: v3.1.0 and move dataset to schema, columns to properties, quality rules under their table or column"
	case releases["v"+n.Text] != 0 || n.Text == "3.0.0" || n.Text == "3.0.1" || n.Text == "3.0.2":
		hint = "write v" + n.Text
	}
	r.fault(n, hint, "%s is not a version of the standard that is read here", document.Describe(n))
	return false
}

func (r *reader) contract(file string, root *document.Node) {
	c := &r.out
	*c = Contract{
		File: file, APIVersion: root.Get("apiVersion").Str(), ID: root.Get("id").Str(), Name: root.Get("name").Str(),
		Version: root.Get("version").Str(), Status: root.Get("status").Str(), Domain: root.Get("domain").Str(),
		DataProduct: root.Get("dataProduct").Str(), Purpose: root.Get("description").Get("purpose").Str(),
		Team: team(root.Get("team")), Custom: r.customDialect(root.Get("customProperties")),
	}
	r.servers(root.Get("servers"))
	r.schema(root.Get("schema"))
	r.slas(root)
}

// team returns the name of the team, or of the member who owns the contract.
func team(n *document.Node) string {
	members := n.List()
	if n.Is(document.Map) {
		if name := n.Get("name").Str(); name != "" {
			return name
		}
		members = n.Get("members").List()
	}
	for _, m := range members {
		if strings.Contains(strings.ToLower(m.Get("role").Str()), "owner") {
			if name := m.Get("name").Str(); name != "" {
				return name
			}
			return m.Get("username").Str()
		}
	}
	return ""
}

// custom returns the scalar customProperties by name; nil if there is none.
func (r *reader) custom(n *document.Node) map[string]string {
	var out map[string]string
	seen := map[string]bool{}
	for _, p := range n.List() {
		name := p.Get("property")
		if name.Str() == "" {
			continue
		}
		if seen[name.Text] {
			r.fault(name, "keep one of them", "the custom property %q is given twice", name.Text)
		}
		seen[name.Text] = true
		if v := p.Get("value"); v.Is(document.Scalar &^ document.Null) {
			if out == nil {
				out = map[string]string{}
			}
			out[name.Text] = v.Text
		}
	}
	return out
}

func (r *reader) servers(list *document.Node) {
	seen := map[string]*document.Node{}
	ids := map[string]*document.Node{}
	for _, n := range list.List() {
		s := Server{Name: n.Get("server").Str(), Type: n.Get("type").Str(), Location: n.Get("location").Str(),
			Format: strings.ToLower(n.Get("format").Str()), Custom: r.customDialect(n.Get("customProperties"))}
		r.once(seen, n.Get("server"), "server")
		r.once(ids, n.Get("id"), "server id")
		if s.Type == "local" && s.Location == "" {
			s.Location = n.Get("path").Str()
		}
		if encoding := n.Get("encoding").Str(); encoding != "" {
			if s.Custom == nil {
				s.Custom = map[string]string{}
			}
			s.Custom["encoding"] = encoding
		}
		if loc := n.Get("location"); s.Type == "s3" && loc.Is(document.Text) {
			if bucket, key, ok := splitLocation(loc.Text); !ok || bucket == "" || key == "" {
				r.fault(loc, "write s3://bucket/prefix/*.csv", "%s is not the address of objects in S3", document.Describe(loc))
			}
		}
		if loc := n.Get("location"); s.Type == "sftp" && loc.Is(document.Text) && !strings.HasPrefix(loc.Text, "sftp://") {
			r.fault(loc, "write sftp://host/folder/file.csv", "%s is not an address of sftp", document.Describe(loc))
		}
		s.Delimiter = r.delimiter(n, s)
		r.out.Servers = append(r.out.Servers, s)
	}
}

// delimiter returns the field separator of a server of delimited files.
func (r *reader) delimiter(server *document.Node, s Server) string {
	n := server.Get("delimiter")
	if n.Str() == "" || s.Type != "s3" && s.Type != "local" && s.Type != "sftp" && s.Type != "azure" && s.Type != "custom" {
		return ""
	}
	switch n.Text {
	case "new_line", "array":
		return "" // how JSON documents follow each other
	case `\t`, "tab":
		return "\t"
	}
	if s.Format != "" && s.Format != "csv" {
		return n.Text
	}
	if len(n.Text) != 1 || strings.ContainsAny(n.Text, "\"\r\n") {
		r.fault(n, `write one of "," ";" "|" "\t"`, "%s cannot separate fields", document.Describe(n))
		return ""
	}
	return n.Text
}

// once reports n if its text was seen before, and remembers it.
func (r *reader) once(seen map[string]*document.Node, n *document.Node, what string) {
	if n.Str() == "" {
		return
	}
	if before, dup := seen[n.Text]; dup {
		r.fault(n, "give each its own", "the %s %q stands on line %d already", what, n.Text, before.Line)
		return
	}
	seen[n.Text] = n
}

// schedule returns the scheduler and the schedule of n. A schedule means nothing
// without its scheduler; a scheduler alone is a tool's own default.
func (r *reader) schedule(n *document.Node) (scheduler, schedule string) {
	a, b := n.Entry("scheduler"), n.Entry("schedule")
	switch {
	case a == nil && b != nil:
		r.faults.Addf(b.Place, "write scheduler: cron", "a schedule without a scheduler")
	case a != nil && b != nil && strings.EqualFold(a.Value.Str(), "cron") && b.Value.Is(document.Text):
		if fault := cronFault(b.Value.Text); fault != "" {
			r.fault(b.Value, `write minute, hour, day, month and weekday: "0 20 * * *"`, "%s is no cron schedule: %s", document.Describe(b.Value), fault)
		}
	}
	return n.Get("scheduler").Str(), n.Get("schedule").Str()
}

var cronField = regexp.MustCompile(`^(?:\?|[0-9A-Za-z*]+(?:[-/#][0-9A-Za-z*]+)*(?:,[0-9A-Za-z*]+(?:[-/#][0-9A-Za-z*]+)*)*)$`)

// cronFault says what keeps text from being a cron schedule, or "". Numbers
// are not bounded, since dialects differ in them.
func cronFault(text string) string {
	fields := strings.Fields(text)
	if len(fields) != 5 && len(fields) != 6 {
		return fmt.Sprintf("it has %d fields, not 5 or 6", len(fields))
	}
	for _, field := range fields {
		if !cronField.MatchString(field) {
			return fmt.Sprintf("%q is no field", field)
		}
	}
	return ""
}
