package classfile

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"causeway/modules/exchange"
	"causeway/platform/lang"
)

// say reads the codes of x and what people read for each, in their order.
func (x *field) say() error {
	if x.Values.IsZero() {
		if x.List != "" {
			return errors.New("list: only a field with values is a list")
		}
		return nil
	}
	if x.Values.Kind != yaml.MappingNode || x.Type != exchange.Text {
		return errors.New("values: want a code and its words in three languages for each, of a field of type text")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(x.Values.Content); i += 2 {
		code := x.Values.Content[i].Value
		var words lang.Text
		if err := x.Values.Content[i+1].Decode(&words); err != nil {
			return fmt.Errorf("values: %s: %w", code, err)
		}
		switch {
		case code == "" || seen[code]:
			return fmt.Errorf("values: %q is no code, or comes twice", code)
		case len(words.Missing()) > 0:
			return fmt.Errorf("values: %s: %v is missing", code, words.Missing())
		}
		seen[code] = true
		x.words = append(x.words, exchange.Word{Value: code, Label: words})
	}
	return nil
}

// named returns an error if the schema of x allows a code that x has no words
// for, or has words for one that it does not allow: people would read the code,
// or never the words.
func named(x exchange.Field, schema any) error {
	m, _ := schema.(map[string]any)
	codes, ok := m["enum"].([]any)
	if !ok {
		return nil
	}
	allowed := map[string]bool{}
	for _, c := range codes {
		code, ok := c.(string)
		if !ok {
			continue // numbers and truths are read as they are
		}
		allowed[code] = true
		if x.List != "" || !x.Takes(code) || len(x.Values) == 0 {
			return fmt.Errorf("%s: the code %q has no words under values", x.Name, code)
		}
	}
	for _, w := range x.Values {
		if !allowed[w.Value] {
			return fmt.Errorf("%s: values: the schema does not allow %q", x.Name, w.Value)
		}
	}
	return nil
}
