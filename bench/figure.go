package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// A figure is one measured number beside its bar.
type figure struct {
	Engine string    `json:"engine"`
	What   string    `json:"what"`
	Value  float64   `json:"value"` // the median of Runs
	Unit   string    `json:"unit"`
	Bar    float64   `json:"bar"`
	Most   bool      `json:"at_most"` // the bar is the most, not the least
	Floor  float64   `json:"floor,omitempty"`
	Passed bool      `json:"passed"`
	Runs   []float64 `json:"runs"`
}

// A report is all of it.
type report struct {
	Date    string   `json:"date"`
	Machine string   `json:"machine"`
	Load    string   `json:"load"` // of the machine when the run began and ended
	Figures []figure `json:"figures"`
	Notes   []string `json:"notes,omitempty"`
	Failed  []string `json:"failures,omitempty"` // requests or journeys that failed
}

func (r *report) add(f figure) {
	f.Value = median(f.Runs)
	f.Passed = f.Value >= f.Bar
	if f.Most {
		f.Passed = f.Value <= f.Bar
	}
	r.Figures = append(r.Figures, f)
}

// median returns the middle of v, which it does not change.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	switch n := len(s); {
	case n == 0:
		return 0
	case n%2 == 1:
		return s[n/2]
	default:
		return (s[n/2-1] + s[n/2]) / 2
	}
}

// print writes the table.
func (r *report) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s · %s · load %s\n\n", r.Date, r.Machine, r.Load) //nolint:errcheck // as below
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "engine\twhat\tmeasured\tbar\tfloor\t") //nolint:errcheck // Flush tells
	for _, f := range r.Figures {
		sign, floor, verdict := "≥", "", "pass"
		if f.Most {
			sign = "≤"
		}
		if f.Floor != 0 {
			floor = number(f.Floor)
		}
		if !f.Passed {
			verdict = "FAIL"
		}
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s %s\t%s\t%s\n", f.Engine, f.What, number(f.Value), f.Unit, sign, number(f.Bar), floor, verdict) //nolint:errcheck // Flush tells
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, n) //nolint:errcheck // it was printed so far
	}
	for _, f := range r.Failed {
		fmt.Fprintln(out, "failed:", f) //nolint:errcheck // it was printed so far
	}
	return nil
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (r *report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}
