package app

import (
	"net/netip"
	"time"

	"causeway/modules/notice/smtp"
	"causeway/platform/lang"
)

// config is the file that `causeway serve` reads, once. Whatever is left out has
// the value that is said here. Secrets are named by the path of their file.
type config struct {
	// Listen is where pages and the API are served, such as ":8443". "": ":8443".
	Listen string `yaml:"listen"`
	// Operator is where /metrics, /healthz and /readyz are served, for the
	// machine's keepers alone. "": "127.0.0.1:9090".
	Operator string `yaml:"operator"`
	// Origin is how browsers reach the program, such as https://causeway.example.
	// It must be https, or http://localhost:PORT. Passkeys belong to its name.
	Origin string `yaml:"origin"`
	// TimeZone is where the government's days begin. "": Asia/Hong_Kong.
	TimeZone string `yaml:"time_zone"`
	// Database is where everything is kept.
	Database databaseConfig `yaml:"database"`
	// MasterKeyFile holds the secret that is not in the database (docs/operate.md).
	// Nobody but its owner may read it.
	MasterKeyFile string `yaml:"master_key_file"`
	// TLS is the certificate; without it a proxy in front ends TLS.
	TLS tlsConfig `yaml:"tls"`
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	// SMTP is the mail server.
	SMTP smtpConfig `yaml:"smtp"`
	// Uploads is the folder of uploaded files, as file:///path. It is shared by
	// replicas. "": uploads/ in the SQLite folder.
	Uploads string `yaml:"uploads"`
	// Classes is the folder of data class files.
	Classes string `yaml:"classes"`
	// Services is the folder whose service definitions are published at the start,
	// with calendars/. "": none; what was published stays.
	Services string `yaml:"services"`
	// Sources are the registries.
	Sources []sourceConfig `yaml:"sources"`
	// Bootstrap names departments to create where they are missing.
	Bootstrap []bootstrapConfig `yaml:"bootstrap"`
	// Payment is the payment provider. There is none yet but "none": whoever owes a
	// fee is told that it cannot be paid online. "": "none".
	Payment string `yaml:"payment"`
	// LogLevel is debug, info, warn or error. "": info.
	LogLevel string `yaml:"log_level"`
}

// databaseConfig names one of the engines.
type databaseConfig struct {
	// SQLite is a folder of this machine, for a single process.
	SQLite string `yaml:"sqlite"`
	// PostgresURLFile is a secret file that holds postgres://USER:PASSWORD@HOST/DATABASE.
	PostgresURLFile string `yaml:"postgres_url_file"`
	// Connections bounds those to PostgreSQL. 0: 32.
	Connections int `yaml:"connections"`
}

// tlsConfig names a certificate and its key, in PEM. They are read again when
// they change.
type tlsConfig struct {
	CertificateFile string `yaml:"certificate_file"`
	KeyFile         string `yaml:"key_file"`
}

// smtpConfig is the mail server that sends what people are told.
type smtpConfig struct {
	Host     string        `yaml:"host"`
	Port     int           `yaml:"port"`     // 0: 587, or 465 for tls
	Security smtp.Security `yaml:"security"` // starttls, tls, or none for a server on this machine. "": starttls
	Username string        `yaml:"username"` // "": no authentication
	// PasswordFile is a secret file.
	PasswordFile string `yaml:"password_file"`
	From         string `yaml:"from"` // an address, or "Name <address>"
}

// sourceConfig is a system of a department that serves data classes.
type sourceConfig struct {
	// Name is what data class files call it.
	Name string `yaml:"name"`
	// Registry is the id of the department that it belongs to.
	Registry string `yaml:"registry"`
	// Kind is http (signed HTTP and JSON) or sql (a read-only view over PostgreSQL).
	Kind string `yaml:"kind"`
	// URL is where an http source serves.
	URL string `yaml:"url"`
	// URLFile is a secret file with the postgres:// address of a sql source.
	URLFile string `yaml:"url_file"`
	// KeyFile is a secret file with our Ed25519 key to an http source, in PEM; KeyID
	// is what the source calls it.
	KeyFile string `yaml:"key_file"`
	KeyID   string `yaml:"key_id"`
	// TheirKeyFile is the public key of an http source, in PEM; TheirKeyID is what it
	// calls it.
	TheirKeyFile string `yaml:"their_key_file"`
	TheirKeyID   string `yaml:"their_key_id"`
	// Networks are private addresses that the source may have; public ones are
	// allowed always.
	Networks []netip.Prefix `yaml:"networks"`
	// Timeout bounds a call. 0: 2s.
	Timeout time.Duration `yaml:"timeout"`
	// Parallel bounds the calls under way. 0: 64.
	Parallel int `yaml:"parallel"`
}

// bootstrapConfig is a department, and whoever looks after it first.
type bootstrapConfig struct {
	ID      string    `yaml:"id"`
	Name    lang.Text `yaml:"name"`
	Email   string    `yaml:"email"`
	Phone   string    `yaml:"phone"`
	Address lang.Text `yaml:"address"` // of its counter
	// Administrator is the first officer; left out, the department gets none.
	Administrator administratorConfig `yaml:"administrator"`
}

// administratorConfig says who looks after a department first.
type administratorConfig struct {
	// PersonFile is a secret file in YAML with the keys number (the identity
	// number), name, email and lang. It may go once the person is an officer.
	PersonFile string `yaml:"person_file"`
	// LetterFile is written, for its owner alone, with the code by which the person
	// makes a first passkey.
	LetterFile string `yaml:"letter_file"`
	// Roles are the person's. None: department-admin and counter-clerk.
	Roles []string `yaml:"roles"`
}
