package db

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// pipeRows are the rows of a statement that was sent together with others.
type pipeRows struct {
	rows    pgx.Rows
	types   *pgtype.Map
	results pgx.BatchResults
	begun   bool
	more    bool // of the first row, which was read ahead
}

// Columns implements driver.Rows.
func (r *pipeRows) Columns() []string {
	fields := r.rows.FieldDescriptions()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// Next implements driver.Rows.
func (r *pipeRows) Next(dest []driver.Value) error {
	if r.begun {
		r.more = r.rows.Next()
	}
	r.begun = true
	if !r.more {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	fields := r.rows.FieldDescriptions()
	for i, src := range r.rows.RawValues() {
		v, err := r.value(fields[i], src)
		if err != nil {
			return err
		}
		dest[i] = v
	}
	return nil
}

// value decodes one column: those that our tables have at once, any other as pgx
// does it. What it returns does not change with the next row.
func (r *pipeRows) value(f pgconn.FieldDescription, src []byte) (driver.Value, error) {
	if src == nil {
		return nil, nil //nolint:nilnil // NULL
	}
	switch f.DataTypeOID {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.NameOID, pgtype.BPCharOID:
		return string(src), nil
	case pgtype.Int8OID:
		if f.Format == pgtype.BinaryFormatCode && len(src) == 8 {
			return int64(binary.BigEndian.Uint64(src)), nil //nolint:gosec // two's complement, as it was sent
		}
	case pgtype.ByteaOID:
		if f.Format == pgtype.BinaryFormatCode {
			return bytes.Clone(src), nil
		}
	}
	t, ok := r.types.TypeForOID(f.DataTypeOID)
	if !ok {
		if f.Format == pgtype.TextFormatCode {
			return string(src), nil
		}
		return bytes.Clone(src), nil
	}
	return t.Codec.DecodeDatabaseSQLValue(r.types, f.DataTypeOID, f.Format, src)
}

// Close implements driver.Rows.
func (r *pipeRows) Close() error {
	r.rows.Close()
	err := r.rows.Err()
	if closed := r.results.Close(); err == nil {
		err = closed
	}
	return err
}
