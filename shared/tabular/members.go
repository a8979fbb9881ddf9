package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Bounds of an archive.
const (
	mostMembers     = 1_000
	memberNameBytes = 120
)

// members are the files of an archive, which are read one after the other as
// one table.
type members struct {
	files  []*zip.File
	plain  *bounded // what is read passes through it, so that limits hold for all
	o      Options
	next   int // of files
	reader *Reader
	file   io.Closer
}

// listed returns the files of an archive. Folders and what macOS adds are no files.
func listed(archive io.ReaderAt, size int64) ([]*zip.File, error) {
	z, err := zip.NewReader(io.NewSectionReader(archive, 0, size), size) // in which no place is before the beginning
	if errors.Is(err, zip.ErrFormat) {
		return nil, fmt.Errorf("%w: the directory at the end is missing: %w", err, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return nil, err
	}
	var found []*zip.File
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") || strings.HasPrefix(f.Name, "__MACOSX/") || strings.HasSuffix("/"+f.Name, "/.DS_Store") {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("%s is encrypted: send it without a password", memberName(f))
		}
		if found = append(found, f); len(found) > mostMembers {
			return nil, &TooLargeError{"number of files in the archive", mostMembers, "send fewer in one archive"}
		}
	}
	if err := checkDocument(found); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("the archive holds no file: pack the data and send it again")
	}
	return found, nil
}

// memberName is a file's name in its archive, for a person: it opens nothing.
func memberName(f *zip.File) string {
	name := strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(f.Name, "\uFFFD"))
	if len(name) > memberNameBytes {
		name = strings.ToValidUTF8(name[:memberNameBytes], "") + "…"
	}
	return name
}

// openMember opens a file of an archive, which must not be one itself.
func openMember(f *zip.File) (io.ReadCloser, error) {
	file, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", memberName(f), cutOff(err))
	}
	in := bufio.NewReader(file)
	start, _ := in.Peek(foreignBytes) // an error comes again with the first Read
	if form := compression(start); form != "" {
		return nil, errors.Join(fmt.Errorf("%s is itself compressed, by %s: send it by itself, or pack what it holds", memberName(f), form), file.Close())
	}
	if err := checkForeign(start); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", memberName(f), err), file.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{in, file}, nil
}

// open reads the beginning of a file of the archive.
func (m *members) open(i int, o Options) (*Reader, io.Closer, error) {
	file, err := openMember(m.files[i])
	if err != nil {
		return nil, nil, fmt.Errorf("%w%s", err, m.plain.remedy("zip", err))
	}
	m.plain.r, m.plain.err = file, nil
	size := 64
	if o.Detect {
		size = detectEncodingBytes
	}
	start := bufio.NewReaderSize(m.plain, size)
	if magic, _ := start.Peek(len(parquetMagic)); bytes.Equal(magic, parquetMagic) {
		return nil, nil, errors.Join(fmt.Errorf("%s is a Parquet file, of which an archive may hold one: send each by itself", memberName(m.files[i])), file.Close())
	}
	r, err := openText(start, m.plain, o)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", memberName(m.files[i]), err), file.Close())
	}
	return r, file, nil
}

// damaged says of which file of the archive an error of unpacking is, and what to do.
func (m *members) damaged(i int, err error) error {
	return fmt.Errorf("%s: %w%s", memberName(m.files[i]), err, m.plain.remedy("zip", err))
}

// openMembers returns a reader of all files of an archive as one table: those whose columns are
// those of the first that has at least half of the expected columns, or of the
// first. Each of the others is the fault OtherMember.
func openMembers(plain *bounded, o Options) (*Reader, io.Closer, error) {
	m := &members{files: plain.members, plain: plain, o: o}
	all := &Reader{members: m}
	first := -1
	for i := range m.files {
		r, file, err := m.open(i, o)
		if err != nil {
			return nil, nil, err
		}
		if err := file.Close(); err != nil {
			return nil, nil, m.damaged(i, err)
		}
		known := 0
		for _, name := range o.Dialect.Names {
			if slices.Contains(r.names, name) {
				known++
			}
		}
		if found := known > 0 && 2*known >= len(o.Dialect.Names); found || first < 0 {
			standard := *r
			standard.members, all = m, &standard
			if first = i; found {
				break
			}
		}
		if len(o.Dialect.Names) == 0 {
			break
		}
	}
	m.o.Dialect, m.o.Detect = all.dialect, false
	kept := []*zip.File{}
	for i, f := range m.files {
		if i == first {
			kept = append(kept, f)
			continue
		}
		r, file, err := m.open(i, m.o)
		if err != nil {
			return nil, nil, err
		}
		file.Close() // what is wrong with it is told when it is read
		switch {
		case slices.Equal(r.names, all.names):
			kept = append(kept, f)
		case len(r.names) == 0:
			all.otherMember(f, "%s is empty", memberName(f))
		default:
			all.otherMember(f, "%s has other columns (%d) than %s (%d): its rows were not read", memberName(f), len(r.names), memberName(m.files[first]), len(all.names))
		}
	}
	m.files, plain.n = kept, 0
	all.src, all.carry, all.index = nil, nil, 0
	return all, m, nil
}

func (r *Reader) otherMember(f *zip.File, format string, args ...any) {
	r.faults = append(r.faults, Fault{OtherMember, -1, 0, -1, fmt.Sprintf(format, args...)})
}

// nextOfMembers is Next of an archive.
func (r *Reader) nextOfMembers(b *Block) error {
	m := r.members
	for {
		if m.reader == nil {
			if m.next == len(m.files) {
				return io.EOF
			}
			next, file, err := m.open(m.next, m.o)
			if err != nil {
				return err
			}
			m.reader, m.file = next, file
			m.next++
		}
		err := m.reader.Next(b)
		if err == nil {
			b.Index, b.Member, b.MemberLines = r.index, memberName(m.files[m.next-1]), m.reader.lines
			r.index++
			return nil
		}
		if err != io.EOF {
			return fmt.Errorf("%s: %w", memberName(m.files[m.next-1]), err)
		}
		m.reader = nil
		if err := m.file.Close(); err != nil {
			return m.damaged(m.next-1, err)
		}
	}
}

// Close closes the file that is being read.
func (m *members) Close() error {
	if m.reader == nil {
		return nil
	}
	m.file.Close() // Close repeats Read's error
	return nil
}
