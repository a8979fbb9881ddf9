package contract

import "testing"

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		rule, labels string
		want         Severity
		dimension    Dimension
		id, err      string
	}{
		{"P0 and P1 fail the file", `"severity"="P0"`, High, "", "rowCount", ""},
		{"P2 warns", `"severity"="p2"`, Medium, "", "rowCount", ""},
		{"P3 is told", `"severity"="P3"`, Low, "", "rowCount", ""},
		{"words of ODCS", `"severity"="warning", "dimension"="Coverage"`, Medium, Coverage, "rowCount", ""},
		{"an id of one's own", `"id"="rows", "team"="sales"`, High, "", "rows", ""},
		{"no severity", `"severity"="P9"`, 0, "", "", `r:1:11: label: "P9" is not a severity; write P1, P2 or P3, or error, warning or info`},
		{"no dimension", `"dimension"="validity"`, 0, "", "", `r:1:11: label: "validity" is not a dimension; write accuracy, completeness, conformity, consistency, coverage, timeliness or uniqueness`},
	} {
		got, err := ReadDQDL("r", "t", []byte(`Rules = [ RowCount > 5 labels = [`+c.labels+`] ]`))
		if err != nil || c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: got %v, want %s", c.rule, err, c.err)
			}
			continue
		}
		if r := got.Tables[0].Rules[0]; r.Severity != c.want || r.Dimension != c.dimension || r.ID != c.id {
			t.Errorf("%s: got %v %q %q", c.rule, r.Severity, r.Dimension, r.ID)
		}
	}
}
