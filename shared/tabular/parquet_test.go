package tabular

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestParquetOfTooManyRowsIsRefused(t *testing.T) {
	type row struct {
		A int64 `parquet:"a"`
	}
	var file bytes.Buffer
	if err := parquet.Write(&file, make([]row, 1000)); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int64]error{999: ErrTooLarge, 1000: nil} {
		_, closer, err := OpenReader(context.Background(), Bytes(file.Bytes()), "f", Options{Limits: Limits{TotalBytes: limit}})
		if !errors.Is(err, want) {
			t.Errorf("limit %d: got %v, want %v", limit, err, want)
		}
		if closer != nil {
			closer.Close()
		}
	}
}
