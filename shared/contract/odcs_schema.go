package contract

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tillwatch/shared/document"
)

func (r *reader) schema(list *document.Node) {
	names, ids := map[string]*document.Node{}, map[string]*document.Node{}
	r.tableList, r.tableAt, r.relationIDs = list, map[string]int{}, map[int]map[string]int{}
	for _, n := range list.List() {
		if n.Kind != document.Map {
			continue
		}
		r.once(names, n.Get("name"), "table")
		if _, twice := r.tableAt[n.Get("name").Str()]; !twice {
			r.tableAt[n.Get("name").Str()] = len(r.tables)
		}
		r.once(ids, n.Get("id"), "table id")
		r.tables = append(r.tables, n)
		r.out.Tables = append(r.out.Tables, Table{Name: n.Get("name").Str(), PhysicalName: n.Get("physicalName").Str(),
			Description: n.Get("description").Str(), Custom: r.customDialect(n.Get("customProperties")), Place: place(n)})
	}
	for i, n := range r.tables {
		t := &r.out.Tables[i]
		t.Columns = r.properties(n.Get("properties"), n)
		r.keyPositions(n, t)
		r.fixedPlaces(n, t)
		t.Rules = r.rules(n.Get("quality"), n, nil)
		r.identify(n, t)
	}
	// References need the names of all tables.
	for i, n := range r.tables {
		r.relationships(i, n)
	}
}

// properties reads the columns of a table, or the properties of an object.
func (r *reader) properties(list, table *document.Node) []Column {
	var out []Column
	names, ids := map[string]*document.Node{}, map[string]*document.Node{}
	for _, n := range list.List() {
		if n.Kind != document.Map {
			continue
		}
		r.once(names, n.Get("name"), "column")
		r.once(ids, n.Get("id"), "column id")
		out = append(out, *r.column(n, table))
	}
	return out
}

func (r *reader) column(n, table *document.Node) *Column {
	c := &Column{Name: n.Get("name").Str(), PhysicalName: n.Get("physicalName").Str(), Description: n.Get("description").Str(),
		Type: Type(n.Get("logicalType").Str()), Required: n.Get("required").True(), Unique: n.Get("unique").True(),
		PrimaryKey: n.Get("primaryKey").True(), Critical: n.Get("criticalDataElement").True(), Personal: personal(n), Place: place(n)}
	r.fixedPlace(n, c)
	c.Options = r.options(n.Get("logicalTypeOptions"), c.Type)
	if p := n.Get("primaryKeyPosition"); p.Is(document.Int) {
		switch i, err := p.Int(); {
		case err != nil || i == 0 || i < -1:
			r.fault(p, "count from 1", "%s is not a position in a key", p.Text)
		case i > 0 && !c.PrimaryKey:
			r.fault(p, "write primaryKey: true", "a position in the primary key of a column that is not part of it")
		case i > 0:
			c.KeyPosition = i
		}
	}
	seen := map[Value]bool{}
	for _, e := range n.Get("enum").List() {
		if v := e.Get("value"); v.Is(document.Scalar) {
			if seen[value(v)] {
				r.fault(v, "keep one of them", "%s is among the allowed values already", document.Describe(v))
			}
			seen[value(v)] = true
			c.Enum = append(c.Enum, value(v))
		}
	}
	for _, home := range []struct {
		key  string
		kind Type
	}{{"properties", Object}, {"items", Array}, {"map", Map}} {
		if e := n.Entry(home.key); e != nil && c.Type != home.kind && c.Type != "" {
			r.faults.Addf(e.Place, "write logicalType: "+string(home.kind), "a column of type %s has no %s", c.Type, home.key)
		}
	}
	if c.Type == Map && n.Entry("map") == nil {
		r.fault(n, "write map: {key: {logicalType: string}, value: {logicalType: …}}", "a column of type map needs to say what it maps")
	}
	c.Properties = r.properties(n.Get("properties"), table)
	c.Items = r.within(n.Get("items"), table)
	c.MapKey = r.within(n.Get("map").Get("key"), table)
	c.MapValue = r.within(n.Get("map").Get("value"), table)
	c.Rules = r.rules(n.Get("quality"), table, c)
	return c
}

func (r *reader) within(n, table *document.Node) *Column {
	if !n.Is(document.Map) {
		return nil
	}
	return r.column(n, table)
}

// personal reports whether samples of a column must be masked.
func personal(n *document.Node) bool {
	if c := strings.TrimSpace(n.Get("classification").Str()); c != "" && !strings.EqualFold(c, "public") {
		return true
	}
	return slices.ContainsFunc(n.Get("tags").List(), func(t *document.Node) bool {
		tag := strings.ToLower(t.Str())
		return tag == "pii" || tag == "personal"
	})
}

// keyPositions reports columns that claim the same place in the primary key.
func (r *reader) keyPositions(n *document.Node, t *Table) {
	taken := map[int]string{}
	for i, p := range n.Get("properties").List() {
		if i >= len(t.Columns) {
			break
		}
		pos := t.Columns[i].KeyPosition
		if other, dup := taken[pos]; dup && pos > 0 {
			r.fault(p.Get("primaryKeyPosition"), "number the columns of the key from 1", "position %d of the primary key is taken by %s", pos, other)
		}
		taken[pos] = t.Columns[i].Name
	}
}

// identify gives the rules of a table that have no id one of their own, made
// of their name, or else of what they look at, and reports written ids that
// are not unique in the table.
func (r *reader) identify(n *document.Node, t *Table) {
	written := map[string]*document.Node{}
	var collect func(n *document.Node)
	collect = func(n *document.Node) {
		for _, q := range n.Get("quality").List() {
			r.once(written, q.Get("id"), "rule id")
		}
		for _, p := range n.Get("properties").List() {
			collect(p)
		}
		for _, key := range []string{"items", "map", "key", "value"} {
			if child := n.Get(key); child.Is(document.Map) {
				collect(child)
			}
		}
	}
	collect(n)
	taken := map[string]int{}
	for id := range written {
		taken[id] = 1
	}
	var identify func(rules []Rule, column *Column)
	identify = func(rules []Rule, column *Column) {
		for i := range rules {
			if rules[i].ID != "" {
				continue
			}
			rules[i].ID = unique(taken, derivedID(&rules[i], column, i))
		}
		if column == nil {
			return
		}
		for i := range column.Properties {
			identify(column.Properties[i].Rules, &column.Properties[i])
		}
		for _, child := range []*Column{column.Items, column.MapKey, column.MapValue} {
			if child != nil {
				identify(child.Rules, child)
			}
		}
	}
	identify(t.Rules, nil)
	for i := range t.Columns {
		identify(t.Columns[i].Rules, &t.Columns[i])
	}
}

// optionKeys are the logicalTypeOptions of each type, as 3.2 has them.
var optionKeys = map[Type][]string{
	String:    {"minLength", "maxLength", "pattern", "format"},
	Date:      {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
	Timestamp: {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone", "defaultTimezone"},
	Time:      {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone", "defaultTimezone"},
	Number:    {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
	Integer:   {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
	Object:    {"minProperties", "maxProperties", "required"},
	Array:     {"minItems", "maxItems", "uniqueItems"},
	Vector:    {"dimensions", "elementType", "distanceMetric", "embeddingModel", "embeddingModelVersion", "normalized"},
}

var (
	count       = &shape{Kinds: document.Int, Check: atLeast("0")}
	positive    = &shape{Kinds: document.Int, Check: atLeast("1")}
	optionShape = keys{"minLength": count, "maxLength": count, "pattern": text, "format": text, "timezone": truth, "defaultTimezone": text,
		"minProperties": count, "maxProperties": count, "required": {Kinds: document.List, Item: text, Min: 1}, "minItems": count,
		"maxItems": count, "uniqueItems": truth, "dimensions": positive, "embeddingModel": text, "embeddingModelVersion": text,
		"normalized": truth, "elementType": word("a type of element", "bfloat16", "binary", "float16", "float32", "float64", "int8", "uint8"),
		"distanceMetric": word("a metric of distance", "cosine", "dotProduct", "euclidean", "hamming", "manhattan"), "multipleOf": number}
	integerFormat = word("a format of integers", "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128")
	numberFormat  = word("a format of numbers", "f32", "f64")
)

func atLeast(low string) func(*document.Node, *document.Faults) {
	return func(n *document.Node, f *document.Faults) {
		if i, err := n.Int(); err != nil || strconv.Itoa(i) < low || i < 0 {
			f.Addf(n.Place, "", "%s is not a whole number from %s on", n.Text, low)
		}
	}
}

func (r *reader) options(n *document.Node, t Type) (o Options) {
	if !n.Is(document.Map) || len(n.Entries) == 0 && t != Vector {
		return o
	}
	known := optionKeys[t]
	if t == "" {
		r.fault(n, "write the logicalType beside them", "logicalTypeOptions without a logicalType")
		return o
	}
	var shapes = keys{}
	for _, e := range n.Entries {
		if !slices.Contains(known, e.Key) {
			hint := "remove it"
			if near := document.Nearest(e.Key, known); near != "" {
				hint = "did you mean " + near + "?"
			} else if len(known) > 0 {
				hint = "it has " + strings.Join(known, ", ")
			}
			r.faults.Addf(e.Place, hint, "the type %s has no option %q", t, e.Key)
		}
		shapes[e.Key] = optionShape[e.Key]
	}
	numeric := t == Integer || t == Number
	bound := text
	if numeric {
		bound = number
	}
	shapes["minimum"], shapes["maximum"] = bound, bound
	exclusive := bound
	if r.release == v30 {
		exclusive = &shape{Kinds: bound.Kinds | document.Bool}
	}
	shapes["exclusiveMinimum"], shapes["exclusiveMaximum"] = exclusive, exclusive
	switch t {
	case Integer:
		shapes["format"] = integerFormat
	case Number:
		shapes["format"] = numberFormat
	}
	(&shape{Kinds: document.Map, Keys: shapes}).CheckNode(n, r.faults)

	o = Options{MinLength: size(n, "minLength"), MaxLength: size(n, "maxLength"), Pattern: n.Get("pattern").Str(), Format: n.Get("format").Str(),
		DefaultTimezone: n.Get("defaultTimezone").Str(), MinItems: size(n, "minItems"), MaxItems: size(n, "maxItems"),
		UniqueItems: n.Get("uniqueItems").True(), MinProperties: size(n, "minProperties"), MaxProperties: size(n, "maxProperties"),
		Dimensions: size(n, "dimensions"), ElementType: n.Get("elementType").Str(), Normalized: n.Get("normalized").True()}
	names := map[string]bool{}
	for _, name := range n.Get("required").List() {
		if names[name.Str()] {
			r.fault(name, "keep one of them", "%q is named twice", name.Str())
		}
		names[name.Str()] = true
		o.RequiredProperties = append(o.RequiredProperties, name.Str())
	}
	if z := n.Get("timezone"); z.Is(document.Bool) {
		yes := z.True()
		o.Timezone = &yes
	}
	if z := n.Get("defaultTimezone"); z.Is(document.Text) {
		r.zone(z)
	}
	if m := n.Get("multipleOf"); m.Is(document.Number) {
		if f, ok := r.number(m); ok && f <= 0 {
			r.fault(m, "write a number above 0", "nothing is a multiple of %s", m.Text)
		}
		o.MultipleOf = m.Text
	}
	r.pattern(n.Get("pattern"))
	if t == Date || t == Timestamp || t == Time {
		r.dateOptions(n, t)
	}
	r.bounds(n, &o, numeric)
	if t == Vector && o.Dimensions == nil {
		r.fault(n, "write dimensions: 384", "a vector needs the number of its dimensions")
	}
	for _, pair := range [][2]string{{"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minProperties", "maxProperties"}} {
		if low, high := size(n, pair[0]), size(n, pair[1]); low != nil && high != nil && *low > *high {
			r.fault(n.Get(pair[0]), "swap them", "%s %d is above %s %d", pair[0], *low, pair[1], *high)
		}
	}
	return o
}

func size(n *document.Node, key string) *int {
	if v := n.Get(key); v.Is(document.Int) {
		if i, err := v.Int(); err == nil && i >= 0 {
			return &i
		}
	}
	return nil
}

// bounds reads minimum and maximum and their exclusive forms, and reports
// those between which there is nothing.
func (r *reader) bounds(n *document.Node, o *Options, numeric bool) {
	read := func(key string) (*document.Node, string) {
		v := n.Get(key)
		if numeric && v.Is(document.Number) {
			if _, ok := r.number(v); ok {
				return v, v.Text
			}
		} else if !numeric && v.Is(document.Text) {
			return v, v.Text
		}
		return nil, ""
	}
	low, minimum := read("minimum")
	high, maximum := read("maximum")
	above, exLow := read("exclusiveMinimum")
	below, exHigh := read("exclusiveMaximum")
	o.Minimum, o.Maximum = minimum, maximum
	if r.release == v30 {
		// A boolean makes the bound beside it exclusive.
		fold := func(key, other string, bound, exclusive *string) {
			if v := n.Get(key); v.True() {
				if *bound == "" {
					r.fault(v, "write "+other+" beside it", "%s: true without %s", key, other)
				}
				*exclusive, *bound = *bound, ""
			}
		}
		fold("exclusiveMinimum", "minimum", &o.Minimum, &exLow)
		fold("exclusiveMaximum", "maximum", &o.Maximum, &exHigh)
	}
	o.ExclusiveMinimum, o.ExclusiveMaximum = exLow, exHigh
	for _, l := range []*document.Node{low, above} {
		for _, h := range []*document.Node{high, below} {
			if l == nil || h == nil {
				continue
			}
			c, ok := compare(l.Text, h.Text, numeric)
			if ok && (c > 0 || c == 0 && (l == above || h == below || o.Minimum == "" || o.Maximum == "")) {
				hint := "swap them"
				if c == 0 {
					hint = "widen one of them, or write minimum and maximum for that one value"
				}
				r.fault(l, hint, "no value lies between %s and %s", l.Text, h.Text)
			}
		}
	}
}

var isoLike = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d)?(?:[ T]?\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$`)

// compare orders two bounds; ok is false where their forms do not tell.
func compare(a, b string, numeric bool) (order int, ok bool) {
	if !numeric {
		return strings.Compare(a, b), len(a) == len(b) && isoLike.MatchString(a) && isoLike.MatchString(b)
	}
	// Exponents are bounded, or a short text could be a huge number.
	x, okX := new(big.Float).SetPrec(512).SetString(a)
	y, okY := new(big.Float).SetPrec(512).SetString(b)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}
