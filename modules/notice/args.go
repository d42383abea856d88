package notice

import (
	"encoding/json"
	"fmt"
	"time"

	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// arg is an argument as kept: one field is set.
type arg struct {
	String *string       `json:"s,omitempty"`
	Int    *int          `json:"i,omitempty"`
	Bool   *bool         `json:"b,omitempty"`
	Text   *lang.Text    `json:"t,omitempty"`
	Day    *day.Date     `json:"d,omitempty"`
	Money  *money.Amount `json:"m,omitempty"`
	Time   *time.Time    `json:"at,omitempty"`
}

// encode returns args as JSON, or ErrMessage if one has a type that is not kept.
func encode(args map[string]any) ([]byte, error) {
	kept := make(map[string]arg, len(args))
	for name, v := range args {
		var a arg
		switch v := v.(type) {
		case string:
			a.String = &v
		case int:
			a.Int = &v
		case bool:
			a.Bool = &v
		case lang.Text:
			a.Text = &v
		case day.Date:
			a.Day = &v
		case money.Amount:
			a.Money = &v
		case time.Time:
			a.Time = &v
		default:
			return nil, fmt.Errorf("argument %s is a %T: %w", name, v, ErrMessage)
		}
		kept[name] = a
	}
	return json.Marshal(kept)
}

func decode(b []byte) (map[string]any, error) {
	var kept map[string]arg
	if err := json.Unmarshal(b, &kept); err != nil {
		return nil, fmt.Errorf("arguments of a message: %w", err)
	}
	args := make(map[string]any, len(kept))
	for name, a := range kept {
		switch {
		case a.String != nil:
			args[name] = *a.String
		case a.Int != nil:
			args[name] = *a.Int
		case a.Bool != nil:
			args[name] = *a.Bool
		case a.Text != nil:
			args[name] = *a.Text
		case a.Day != nil:
			args[name] = *a.Day
		case a.Money != nil:
			args[name] = *a.Money
		case a.Time != nil:
			args[name] = *a.Time
		}
	}
	return args, nil
}
