package sqlview

import (
	"database/sql"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"causeway/modules/exchange"
)

// scan reads one row as a record. NULL leaves its field out.
func scan(rows *sql.Rows, l exchange.Lookup) (map[string]any, error) {
	values := make([]any, len(l.Fields))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, &exchange.SourceError{Outcome: exchange.Invalid, Reason: "columns"}
	}
	record := make(map[string]any, len(values))
	for i, name := range l.Fields {
		if values[i] == nil {
			continue
		}
		f, _ := l.Class.Field(name)
		v, ok := value(f.Type, values[i])
		if !ok {
			return nil, &exchange.SourceError{Outcome: exchange.Invalid, Reason: "type-of-" + name}
		}
		record[name] = v
	}
	return record, nil
}

// value turns what the driver gives into the JSON value of a field of type kind.
// ok is false if the column is of a type that cannot be that.
func value(kind string, v any) (out any, ok bool) {
	if b, isBytes := v.([]byte); isBytes {
		v = string(b)
	}
	switch kind {
	case exchange.Text, exchange.Money:
		s, ok := v.(string)
		return s, ok && utf8.ValidString(s)
	case exchange.Boolean:
		b, ok := v.(bool)
		return b, ok
	case exchange.Date:
		if t, ok := v.(time.Time); ok {
			return t.Format(time.DateOnly), true
		}
		s, ok := v.(string)
		return s, ok
	case exchange.Number:
		return number(v)
	}
	return nil, false
}

// number reads integers, floating-point numbers and NUMERIC, which comes as text.
func number(v any) (any, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case int32:
		return float64(n), true
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	case string:
		f, err := strconv.ParseFloat(n, 64)
		return f, err == nil && json.Valid([]byte(n))
	}
	return nil, false
}
