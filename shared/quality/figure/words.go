package figure

import (
	"fmt"
	"math"
	"strings"

	"tillwatch/shared/contract"
	"tillwatch/shared/series"
	"tillwatch/shared/words"
)

// Advice says where to look when a statistic is not as wanted.
func Advice(name string) string {
	switch name {
	case "rowCount":
		return "Compare with the source's own count: a cut-off export, a missing store or a file sent twice are the usual causes."
	case "columnCount":
		return "Ask the producer which columns came or went in the export."
	case "typeShare":
		return "Have the producer write the values as that type, or find out since when they are not."
	case "completeness", "count":
		return "Have the producer fill the missing values and send the file again."
	case "uniqueness", "distinctness", "uniqueValueRatio", "distinctCount":
		return "Look for an export that ran twice, a join that multiplied rows, or a column that became constant."
	}
	return "Compare with the files before: a changed unit, a new product line, a missing store or a few wrong values move a statistic; if it is right, move the bound."
}

// Round6 rounds a statistic to six digits after the point, unless it is large, for a
// message; what is compared stays as it is.
func Round6(v float64) float64 {
	if math.Abs(v) >= 1e9 {
		return v
	}
	return math.Round(v*1e6) / 1e6
}

// Dimension is the dimension that a statistic speaks of, unless a rule says otherwise.
func Dimension(name string) contract.Dimension {
	switch name {
	case "completeness", "count":
		return contract.Completeness
	case "uniqueness", "distinctness", "uniqueValueRatio", "distinctCount":
		return contract.Uniqueness
	case "columnCount", "meanLength", "minLength", "maxLength", "typeShare":
		return contract.Conformity
	}
	return contract.Accuracy
}

// Unit is what a statistic is measured in; "" is the unit of the column's values.
func Unit(name string) string {
	switch name {
	case "completeness", "uniqueness", "distinctness", "uniqueValueRatio", "share", "topShare", "typeShare":
		return "ratio"
	case "distinctCount", "zeros", "count":
		return "values"
	case "columnCount":
		return "columns"
	case "meanLength", "minLength", "maxLength":
		return "characters"
	case "entropy", "mutualInformation":
		return "nats"
	}
	return "" // that of the values
}

// Text names a statistic in a message.
func Text(name string, columns []string, q float64) string {
	text := map[string]string{"standardDeviation": "standard deviation", "distinctCount": "number of different values", "uniqueValueRatio": "ratio of unique to different values",
		"meanLength": "mean length", "minLength": "shortest length", "maxLength": "greatest length", "columnCount": "number of columns", "rowCount": "number of rows", "interquartileRange": "interquartile range", "zeros": "number of zeros", "count": "number of values", "mutualInformation": "mutual information"}[name]
	if text == "" {
		text = name
	}
	if name == "quantile" {
		text = fmt.Sprintf("quantile %s", words.Number(q))
	}
	if len(columns) == 0 {
		return "the " + text
	}
	joint := ", "
	if name == "correlation" || name == "mutualInformation" {
		joint = " and "
	}
	return fmt.Sprintf("the %s of %s", text, strings.Join(columns, joint))
}

// BandText writes the bounds of a band, of which either may be open; below least
// nothing is possible. Bounds of whole figures are the outermost that hold.
func BandText(b series.Band, least float64, whole bool) string {
	if low, high := math.Ceil(b.Low), math.Floor(b.High); whole && low <= high {
		b.Low, b.High = low, high
	}
	low, high := words.Number(Round3(b.Low)), words.Number(Round3(b.High))
	switch below, above := b.Low > least, !math.IsInf(b.High, 1); {
	case !below && !above:
		return "any value"
	case !below:
		return "at most " + high
	case !above:
		return "at least " + low
	case low == high:
		return low
	}
	return low + " to " + high
}

// Round3 rounds a figure to three digits after the point for a message; the band
// itself stays exact.
func Round3(v float64) float64 { return math.Round(v*1000) / 1000 }
