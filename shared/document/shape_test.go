package document

import (
	"testing"
)

func TestShape(t *testing.T) {
	number := &Shape{Kinds: Number}
	inner := &Shape{Name: "a wheel", Kinds: Map, Keys: map[string]*Shape{"size": number, "spare": {Kinds: Bool}}, Need: []string{"size"}}
	car := &Shape{Name: "a car", Kinds: Map, Need: []string{"name"}, Instead: map[string]string{"colour": "write paint"}, Keys: map[string]*Shape{
		"name": {Kinds: Text}, "paint": {Name: "a colour", Words: []string{"red", "green", "blue"}, Kinds: Text, Instead: map[string]string{"rouge": "write red"}},
		"wheels": {Kinds: List, Item: inner, Min: 1}, "doors": {Kinds: Int}, "notes": {},
		"any": {Pick: func(n *Node) *Shape {
			if n.Kind == Map {
				return inner
			}
			return number
		}}}}
	for _, c := range []struct{ rule, yaml, want string }{
		{"what fits", "{name: a, paint: red, wheels: [{size: 1.5, spare: true}], doors: 4, notes: [anything, {goes: here}], any: {size: 1}}", ""},
		{"an unknown key and the nearest one", "name: a\ndoor: 1", "f:2:1: unknown key \"door\" in a car; did you mean doors?"},
		{"an unknown key that is known elsewhere", "name: a\ncolour: red", "f:2:1: unknown key \"colour\" in a car; write paint"},
		{"a missing key", "doors: 1", "f:1:1: a car needs the key \"name\""},
		{"text where a number is wanted", "{name: a, doors: ten}", "f:1:18: expected a whole number, found text \"ten\""},
		{"a number in quotes", "{name: a, doors: \"4\"}", "f:1:18: expected a whole number, found text \"4\"; write it without quotes"},
		{"a number where text is wanted", "name: 4", "f:1:7: expected text, found the number 4; put it in quotes"},
		{"half a door", "{name: a, doors: 4.5}", "f:1:18: expected a whole number, found the number 4.5"},
		{"yes is text", "{name: a, wheels: [{size: 1, spare: yes}]}", "f:1:37: expected true or false, found text \"yes\"; write true"},
		{"nothing", "name:\n", "f:1:1: expected text, found nothing; write a value or remove the key"},
		{"a map where a list is wanted", "{name: a, wheels: {size: 1}}", "f:1:19: expected a list, found a map; begin each entry with a dash"},
		{"too short a list", "{name: a, wheels: []}", "f:1:19: expected at least 1 in the list"},
		{"a word that is near", "{name: a, paint: gren}", "f:1:18: \"gren\" is not a colour; did you mean green? Allowed: red, green, blue"},
		{"a word that is far", "{name: a, paint: mauve}", "f:1:18: \"mauve\" is not a colour; allowed: red, green, blue"},
		{"a word of another language", "{name: a, paint: rouge}", "f:1:18: \"rouge\" is not a colour; write red"},
		{"a picked shape", "{name: a, any: {sice: 1}}", "f:1:16: a wheel needs the key \"size\"\nf:1:17: unknown key \"sice\" in a wheel; did you mean size?"},
		{"everything at once, in order", "wheels: [{size: x}]\nnam: 1\n", "f:1:1: a car needs the key \"name\"\nf:1:17: expected a number, found text \"x\"\nf:2:1: unknown key \"nam\" in a car; did you mean name?"},
	} {
		n, err := Parse("f", []byte(c.yaml))
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		f := &Faults{File: "f"}
		car.CheckNode(n, f)
		got := ""
		if err := f.Err(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.rule, got, c.want)
		}
	}
}

func TestKindString(t *testing.T) {
	for kind, want := range map[Kind]string{Text | List: "text or a list", Number: "a number", Int | Text: "a whole number or text", Any: "any value", Scalar: "a single value"} {
		if got := kind.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
