package tabular

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readMembers reads an archive as lines of member, line and record.
func readMembers(t *testing.T, packed []byte, o Options) (string, *Reader, error) {
	t.Helper()
	r, closer, err := OpenReader(t.Context(), Bytes(packed), "day.zip", o)
	if err != nil {
		return "", nil, err
	}
	defer closer.Close()
	var s strings.Builder
	var blk Block
	var b Batch
	lines, before := 0, ""
	for index := 0; ; index++ {
		err := r.Next(&blk)
		if err != nil {
			if err.Error() == "EOF" {
				err = nil
			}
			return s.String(), r, err
		}
		if blk.Index != index {
			t.Errorf("block %d is number %d", index, blk.Index)
		}
		if blk.Member != before {
			lines, before = blk.MemberLines, blk.Member
		}
		b.Parse(&blk, len(r.Header()), r.Dialect())
		for row := range b.Rows {
			fmt.Fprintf(&s, "%s:%d %s\n", blk.Member, lines+b.Line(row)+1, b.Raw(row))
		}
		lines += b.Lines
	}
}

func TestFilesOfAnArchiveAreOneTable(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, c := range []struct {
		rule   string
		packed []byte
		names  string // expected
		want   string
		faults string
	}{
		{"rows follow each other, lines begin anew", zipped("n.csv", "a,b\n1,2\n3,4\n", "s.csv", "a,b\n5,6\n"), "",
			"n.csv:2 1,2\nn.csv:3 3,4\ns.csv:2 5,6\n", ""},
		{"what macOS and folders add is left out", zipped("d/", "", "d/n.csv", "a\n1\n", "d/.DS_Store", "x", "__MACOSX/d/._n.csv", "x", "d/s.csv", "a\n2"), "",
			"d/n.csv:2 1\nd/s.csv:2 2\n", ""},
		{"line ends and byte order marks may differ", zipped("n.csv", "\ufeffa,b\r\n1,2\r\n", "s.csv", "a,b\n5,6\n"), "", "n.csv:2 1,2\ns.csv:2 5,6\n", ""},
		{"other columns are a fault", zipped("n.csv", "a,b\n1,2\n", "x.csv", "a,c\n5,6\n", "s.csv", "a,b\n7,8\n"), "",
			"n.csv:2 1,2\ns.csv:2 7,8\n", "x.csv has other columns (2) than n.csv (2): its rows were not read"},
		{"the expected columns win", zipped("README.txt", "See below.\n", "n.csv", "a;b\n1;2\n"), "a,b", "n.csv:2 1;2\n",
			"README.txt has other columns (1) than n.csv (2): its rows were not read"},
		{"an empty file is told", zipped("n.csv", "a,b\n1,2\n", "s.csv", ""), "", "n.csv:2 1,2\n", "s.csv is empty"},
		{"JSON too", zipped("n.json", `[{"a":1},{"a":2}]`, "s.json", `[{"a":3}]`), "", "n.json:1 1\nn.json:1 2\ns.json:1 3\n", ""},
		{"names open nothing and hide nothing", zipped("../../etc/n\x1b[2J.csv", "a\n1\n", "/s.csv", "a\n2\n"), "",
			"../../etc/n\uFFFD[2J.csv:2 1\n/s.csv:2 2\n", ""},
	} {
		o := Options{Detect: true, Limits: Limits{BlockBytes: 8}}
		if c.names != "" {
			o.Dialect.Names = strings.Split(c.names, ",")
		}
		for range 2 { // again, as it was read
			got, r, err := readMembers(t, c.packed, o)
			if err != nil || got != c.want {
				t.Errorf("%s: got %q, %v, want %q", c.rule, got, err, c.want)
				break
			}
			var faults []string
			for _, f := range r.Faults() {
				faults = append(faults, f.Detail)
			}
			if strings.Join(faults, "; ") != c.faults {
				t.Errorf("%s: faults %q, want %q", c.rule, faults, c.faults)
			}
			o.Dialect, o.Detect = r.Dialect(), false
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	many := make([]string, 0, 2*mostMembers+2)
	for i := range mostMembers + 1 {
		many = append(many, fmt.Sprintf("%d.csv", i), "a\n")
	}
	encrypted := zipped("n.csv", "a\n1\n")
	at := strings.LastIndex(string(encrypted), "PK\x01\x02")
	encrypted[at+8] |= 1
	big := "a\n" + strings.Repeat(strings.Repeat("0", 999)+"\n", 40<<10)
	for _, c := range []struct {
		rule   string
		packed []byte
		want   string
	}{
		{"nothing in it", zipped(), "the archive holds no file"},
		{"one archive in another", zipped("n.csv", "a\n1\n", "more.zip", string(zipped("s.csv", "a\n"))), "more.zip is itself compressed, by zip"},
		{"only an archive in another", zipped("n.csv.gz", string(gzipped("a\n"))), "n.csv.gz is itself compressed, by gzip"},
		{"too many files", zipped(many...), "number of files in the archive beyond 1000"},
		{"a password", encrypted, "n.csv is encrypted"},
		{"a bomb of several files", zipped("n.csv", big, "s.csv", big), "--max-ratio"},
		{"several Parquet files", zipped("n.parquet", "PAR1xxxx", "s.parquet", "PAR1xxxx"), "n.parquet is a Parquet file"},
		{"cut off", zipped("n.csv", "a\n1\n", "s.csv", "a\n2\n")[:60], "the file is cut off; send it again"},
	} {
		if _, _, err := readMembers(t, c.packed, Options{Limits: Limits{RatioLimit: 100}}); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "day.zip") {
			t.Errorf("%s: error %v, want %q", c.rule, err, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}
