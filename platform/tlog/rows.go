package tlog

import (
	"context"
	"fmt"
	"strings"

	"causeway/platform/db"
)

// chunks are the numbers of rows that one statement takes, largest first: few
// texts, so that each is prepared once.
func chunks() [4]int { return [4]int{256, 32, 4, 1} }

// values returns n rows of cols placeholders.
func values(n, cols int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		for c := range cols {
			b.WriteByte("(,"[min(c, 1)])
			fmt.Fprintf(&b, "$%d", i*cols+c+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// list returns n placeholders.
func list(n int) string {
	return strings.NewReplacer("(", "", ")", "").Replace(values(n, 1))
}

// insertRows runs head, which ends in VALUES, for rows of cols arguments each.
func insertRows(ctx context.Context, d *db.DB, head string, cols int, args []any) error {
	for len(args) > 0 {
		for _, n := range chunks() {
			if n*cols <= len(args) {
				if err := d.Write(ctx, head+" "+values(n, cols), args[:n*cols]...); err != nil {
					return err
				}
				args = args[n*cols:]
				break
			}
		}
	}
	return nil
}

// deleteRows runs head, which ends in IN, for args, and returns how many rows went.
func deleteRows(ctx context.Context, d *db.DB, head string, args []any) (int, error) {
	gone := 0
	for len(args) > 0 {
		for _, n := range chunks() {
			if n <= len(args) {
				res, err := d.Exec(ctx, head+" ("+list(n)+")", args[:n]...)
				if err != nil {
					return 0, err
				}
				k, err := res.RowsAffected()
				if err != nil {
					return 0, fmt.Errorf("rows affected: %w", err)
				}
				gone += int(k)
				args = args[n:]
				break
			}
		}
	}
	return gone, nil
}

// padded returns the placeholders for ids, rounded up to a number of chunks, and
// the arguments, of which the last is repeated.
func padded(ids []string) (string, []any) {
	n := 1
	for _, c := range chunks() {
		if c >= len(ids) {
			n = c
		}
	}
	args := make([]any, n)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return "(" + list(n) + ")", args
}
