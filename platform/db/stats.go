package db

import "database/sql"

// Stats returns how the connections of each pool are used: "write" and "read" on
// SQLite, "all" on PostgreSQL.
func (d *DB) Stats() map[string]sql.DBStats {
	if d.group == nil {
		return map[string]sql.DBStats{"all": d.write.Stats()}
	}
	return map[string]sql.DBStats{"write": d.write.Stats(), "read": d.read.Stats()}
}
