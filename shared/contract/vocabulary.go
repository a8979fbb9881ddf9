package contract

import (
	"maps"
	"regexp"
	"slices"
	"sync"

	"tillwatch/shared/document"
)

// A release is the part of the standard's version that changes its vocabulary.
type release int

const (
	v30 release = iota // 3.0.0 to 3.0.2
	v31
	v32
)

// releases are the versions that are read, by what apiVersion says.
var releases = map[string]release{"v3.0.0": v30, "v3.0.1": v30, "v3.0.2": v30, "v3.1.0": v31, "v3.2.0": v32}

// vocabulary returns the shape of a whole document of a release. A shape says
// which keys there are and of which kind their values are; what the values
// mean, and whether they fit each other, is for the reader to say.
func vocabulary(v release) *document.Shape { return vocabularies[v]() }

var vocabularies = [...]func() *document.Shape{
	v30: sync.OnceValue(func() *document.Shape { return (&shapes{release: v30}).root() }),
	v31: sync.OnceValue(func() *document.Shape { return (&shapes{release: v31}).root() }),
	v32: sync.OnceValue(func() *document.Shape { return (&shapes{release: v32}).root() }),
}

type (
	shape = document.Shape
	keys  = map[string]*document.Shape
)

var (
	anything = &shape{}
	text     = &shape{Kinds: document.Text}
	truth    = &shape{Kinds: document.Bool}
	whole    = &shape{Kinds: document.Int}
	number   = &shape{Kinds: document.Number}
	scalar   = &shape{Kinds: document.Scalar}
	texts    = listOf(text)
	stableID = &shape{Kinds: document.Text, Check: func(n *document.Node, f *document.Faults) {
		if !idForm.MatchString(n.Text) {
			f.Addf(n.Place, "use letters, digits, _ and - only", "%q cannot be an id", n.Text)
		}
	}}
	full = &shape{Kinds: document.Text, Check: func(n *document.Node, f *document.Faults) {
		if n.Text == "" {
			f.Addf(n.Place, "write a value", "this must not be empty")
		}
	}}
	idForm = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

func listOf(item *shape) *shape { return &shape{Kinds: document.List, Item: item} }

func mapOf(name string, k keys, need ...string) *shape {
	return &shape{Name: name, Kinds: document.Map, Keys: k, Need: need}
}

func word(name string, allowed ...string) *shape {
	return &shape{Name: name, Kinds: document.Text, Words: allowed}
}

// with returns k and more in one.
func with(k, more keys) keys {
	k = maps.Clone(k)
	maps.Copy(k, more)
	return k
}

// shapes builds the shapes of one release.
type shapes struct {
	release
	definitions, custom, tags, role, quality, property, item *shape
}

func (w *shapes) root() *shape {
	id := keys{"id": stableID} // since 3.1; harmless before, where these maps were open
	w.tags = texts
	w.definitions = listOf(mapOf("an authoritative definition", with(id, keys{"url": text, "type": text, "description": text}), "url", "type"))
	customKeys := with(id, keys{"property": full, "value": anything, "description": text})
	if w.release >= v32 {
		customKeys["vendor"] = text
	}
	w.custom = listOf(mapOf("a custom property", customKeys, "property", "value"))
	w.role = mapOf("a role", with(id, keys{"role": text, "description": text, "access": text, "firstLevelApprovers": text,
		"secondLevelApprovers": text, "customProperties": w.custom}), "role")
	w.properties()

	k := keys{
		"version": text, "kind": word("a kind of document", "DataContract"), "apiVersion": text, "id": full, "name": full, "tenant": text,
		"tags": w.tags, "status": text, "servers": listOf(w.server()), "dataProduct": text, "domain": text,
		"description": mapOf("the description", keys{"usage": text, "purpose": text, "limitations": text,
			"authoritativeDefinitions": w.definitions, "customProperties": w.custom}),
		"schema": listOf(w.table()), "support": listOf(w.support()),
		"price": mapOf("the price", with(id, keys{"priceAmount": number, "priceCurrency": text, "priceUnit": text})),
		"team":  w.team(), "roles": listOf(w.role), "slaDefaultElement": text, "slaProperties": listOf(w.sla()),
		"authoritativeDefinitions": w.definitions, "customProperties": w.custom, "contractCreatedTs": text,
	}
	need := []string{"version", "apiVersion", "kind", "id", "status"}
	if w.release >= v32 {
		k["context"] = w.context()
		need = need[:4]
	}
	root := mapOf("the contract", k, need...)
	root.Instead = map[string]string{
		"dataset": "write schema, as version 3 of the standard does", "quality": "put quality under a table or a column of schema",
		"models": "this is another standard's; write schema", "info": "this is another standard's; its parts stand at the top level",
		"tables": "write schema", "columns": "put the columns under properties of a table in schema", "sla": "write slaProperties",
		"servicelevels": "write slaProperties", "owner": "write team", "stakeholders": "write team", "pricing": "write price",
	}
	return root
}

func (w *shapes) support() *shape {
	s := mapOf("a support channel", keys{"id": stableID, "channel": text, "url": text, "description": text, "tool": text, "scope": text,
		"invitationUrl": text, "customProperties": w.custom}, "channel")
	if w.release == v30 {
		s.Need = append(s.Need, "url")
	}
	return s
}

// team is a list of members, or since 3.1 a map that has such a list; 3.0 takes
// the map as well, as the standard's own example for 3.0.2 does.
func (w *shapes) team() *shape {
	member := mapOf("a team member", keys{"id": stableID, "username": text, "name": text, "description": text, "role": text, "dateIn": text,
		"dateOut": text, "replacedByUsername": text, "tags": w.tags, "customProperties": w.custom, "authoritativeDefinitions": w.definitions})
	if w.release >= v31 {
		member.Need = []string{"username"}
	}
	team := mapOf("the team", keys{"id": stableID, "name": text, "description": text, "members": listOf(member), "tags": w.tags,
		"customProperties": w.custom, "authoritativeDefinitions": w.definitions})
	list := &shape{Kinds: document.List | document.Map, Item: member}
	return &shape{Pick: func(n *document.Node) *shape {
		if n.Kind == document.Map {
			return team
		}
		return list
	}}
}

func (w *shapes) context() *shape {
	common := keys{"id": text, "authoritativeDefinitions": w.definitions, "tags": texts, "customProperties": w.custom}
	whole := mapOf("the context", keys{
		"instructions":       text,
		"verifiedStatements": listOf(mapOf("a verified statement", with(common, keys{"question": text, "answer": text}), "question")),
		"constraints":        listOf(mapOf("a constraint", with(common, keys{"constraint": text}), "constraint")),
	})
	whole.Kinds |= document.Text
	return whole
}

func (w *shapes) sla() *shape {
	k := keys{"id": stableID, "property": full, "value": scalar, "valueExt": scalar, "unit": text, "element": text, "driver": text,
		"description": text, "scheduler": text, "schedule": text}
	if w.release >= v32 {
		k["customProperties"], k["authoritativeDefinitions"] = w.custom, w.definitions
	}
	s := mapOf("a service level", k, "property", "value")
	s.Instead = map[string]string{"severity": "write customProperties: [{property: severity, value: warning}], which apiVersion: v3.2.0 has here"}
	return s
}

func (w *shapes) table() *shape {
	k := with(w.element(), keys{"logicalType": word("the logical type of a table", "object"), "physicalName": text,
		"dataGranularityDescription": text, "properties": listOf(w.property), "quality": listOf(w.quality)})
	if w.release >= v31 {
		k["relationships"] = listOf(w.relationship("a relationship of a table", true))
	}
	if w.release >= v32 {
		k["context"] = w.context()
	}
	s := mapOf("a table", k, "name")
	s.Instead = map[string]string{"columns": "write properties", "fields": "write properties", "tests": "write quality",
		"primaryKey": "set primaryKey: true on each column of the key"}
	return s
}

func (w *shapes) element() keys {
	k := keys{"name": full, "physicalType": text, "description": text, "businessName": text, "authoritativeDefinitions": w.definitions,
		"tags": w.tags, "customProperties": w.custom}
	if w.release >= v31 {
		k["id"] = stableID
	}
	if w.release >= v32 {
		k["deprecated"] = truth
		k["synonyms"] = listOf(mapOf("a synonym", keys{"id": stableID, "synonym": text, "description": text, "locale": text, "source": text,
			"status": text, "customProperties": w.custom}, "synonym"))
	}
	return k
}

// properties builds the shapes of columns, which contain each other.
func (w *shapes) properties() {
	w.quality = w.rule()
	w.property, w.item = &shape{}, &shape{}
	types := []string{"string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"}
	k := with(w.element(), keys{
		"primaryKey": truth, "primaryKeyPosition": whole, "logicalTypeOptions": &shape{Kinds: document.Map}, "physicalName": text,
		"required": truth, "unique": truth, "partitioned": truth, "partitionKeyPosition": whole, "classification": text,
		"encryptedName": text, "transformSourceObjects": texts, "transformLogic": text, "transformDescription": text,
		"examples": listOf(anything), "criticalDataElement": truth, "quality": listOf(w.quality),
		"properties": listOf(w.property), "items": w.item,
	})
	if w.release >= v31 {
		k["relationships"] = listOf(w.relationship("a relationship of a column", false))
	}
	if w.release >= v32 {
		types = append(types, "map", "vector")
		k["semanticType"] = word("a semantic type", "column", "measure", "dimension")
		k["map"] = mapOf("a map's shape", keys{"key": w.item, "value": w.item}, "key", "value")
		k["enum"] = &shape{Kinds: document.List, Min: 1, Item: mapOf("an allowed value", keys{"value": scalar, "label": text, "id": stableID,
			"description": text, "customProperties": w.custom, "authoritativeDefinitions": w.definitions, "tags": w.tags}, "value")}
	}
	k["logicalType"] = word("a logical type", types...)
	k["logicalType"].Instead = map[string]string{"text": "write string", "varchar": "write string", "int": "write integer",
		"long": "write integer", "float": "write number", "double": "write number", "decimal": "write number", "bool": "write boolean",
		"datetime": "write timestamp", "struct": "write object", "list": "write array"}
	instead := map[string]string{"type": "write logicalType, or physicalType for the type in the store", "columns": "write properties",
		"nullable": "write required: true for what must not be null", "isNullable": "write required: true for what must not be null", "notNull": "write required: true",
		"isUnique": "write unique, its name since version 3", "isPrimaryKey": "write primaryKey", "format": "write it under logicalTypeOptions",
		"pattern": "write it under logicalTypeOptions", "minimum": "write it under logicalTypeOptions", "maximum": "write it under logicalTypeOptions",
		"minLength": "write it under logicalTypeOptions", "maxLength": "write it under logicalTypeOptions", "pii": "write tags: [pii]"}
	if w.release < v32 {
		instead["enum"] = "write a quality rule invalidValues with validValues, or apiVersion: v3.2.0"
	} else {
		instead["values"] = "write enum: [{value: …}]"
	}
	*w.property = shape{Name: "a column", Kinds: document.Map, Keys: k, Need: []string{"name"}, Instead: instead}
	*w.item = shape{Name: "the items of a list", Kinds: document.Map, Keys: k, Instead: instead}
}

// relationship takes a description besides what the JSON Schema lists, since
// the standard's prose, which wins, writes one.
func (w *shapes) relationship(name string, from bool) *shape {
	end := &shape{Kinds: document.Text | document.List, Item: text, Min: 1}
	k := keys{"type": word("a type of relationship", "foreignKey"), "to": end, "customProperties": w.custom, "description": text}
	if w.release >= v32 {
		k["id"] = text
	}
	s := mapOf(name, k, "to")
	if from {
		k["from"] = end
		s.Need = []string{"from", "to"}
	} else {
		s.Instead = map[string]string{"from": "leave it out: a column's relationship begins at the column"}
	}
	return s
}

// rule is the shape of a quality rule; which keys go with which type is for
// the reader to say, who can name the type.
func (w *shapes) rule() *shape {
	bound := &shape{Kinds: document.Number}
	ends := &shape{Kinds: document.List, Item: bound}
	dimension := word("a dimension", dimensions...)
	dimension.Instead = map[string]string{"validity": "write conformity", "ac": "write accuracy", "cp": "write completeness",
		"cf": "write conformity", "cs": "write consistency", "cv": "write coverage", "tm": "write timeliness", "uq": "write uniqueness",
		"freshness": "write timeliness", "integrity": "write consistency"}
	kind := word("a type of rule", "library", "text", "sql", "custom")
	k := keys{"id": stableID, "name": full, "description": text, "type": kind, "rule": text, "metric": text, "arguments": {Kinds: document.Map | document.Null},
		"unit": text, "query": full, "engine": full, "implementation": {Kinds: document.Text | document.Map},
		"dimension": dimension, "method": text, "severity": text, "businessImpact": text, "scheduler": text, "schedule": text,
		"tags": w.tags, "authoritativeDefinitions": w.definitions, "customProperties": w.custom,
		"mustBe": {Kinds: document.Scalar &^ document.Null}, "mustNotBe": {Kinds: document.Scalar &^ document.Null},
		"mustBeGreaterThan": bound, "mustBeGreaterOrEqualTo": bound, "mustBeLessThan": bound, "mustBeLessOrEqualTo": bound,
		"mustBeBetween": ends, "mustNotBeBetween": ends}
	under := "write it under arguments"
	instead := map[string]string{"pattern": under, "missingValues": under, "properties": under, "columns": "write properties under arguments",
		"threshold": "write an operator such as mustBeLessThan", "mustBeGreaterThanOrEqualTo": "write mustBeGreaterOrEqualTo",
		"mustBeLessThanOrEqualTo": "write mustBeLessOrEqualTo", "check": "write type: custom, engine: tillwatch and an implementation"}
	if w.release == v30 {
		k["validValues"] = listOf(scalar)
	} else {
		instead["validValues"] = under
	}
	return &shape{Name: "a quality rule", Kinds: document.Map, Keys: k, Instead: instead, Check: func(n *document.Node, f *document.Faults) {
		// The standard's prose has an example whose pattern slipped out of arguments.
		if a := n.Entry("arguments"); a != nil && a.Value.Kind == document.Null {
			f.Addf(a.Place, "indent what belongs to it below it", "arguments has nothing in it")
		}
	}}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
