package contract

import (
	"strings"

	"tillwatch/shared/document"
)

// serverTypes lists what a server of each type has besides the common keys:
// "type: key key …", where ! marks a key that must be there. A type without
// mark exists since 3.0; since 3.1 and 3.2 have tables of their own.
const serverTypes = `
api: location!
athena: schema! stagingDir! catalog regionName
azure: location! format! delimiter
bigquery: project! dataset!
clickhouse: host! port! database!
cloudsql: host! port! database! schema!
custom: account catalog database dataset delimiter endpointUrl format host location path port project region regionName schema serviceName stagingDir warehouse
databricks: catalog! schema! host
db2: host! port! database! schema
denodo: host! port! database
dremio: host! port! schema
duckdb: database! schema
glue: account! database! location format
informix: host! database! port
kafka: host! format
kinesis: region format
local: path! format!
mysql: host! port! database!
oracle: host! port! serviceName!
postgres: host! port! database! schema!
postgresql: host! port! database! schema!
presto: host! catalog schema
pubsub: project!
redshift: database! schema! host region account
s3: location! endpointUrl format delimiter
sftp: location! format delimiter
snowflake: account! database! schema! host port warehouse
sqlserver: host! database! schema! port
synapse: host! port! database!
trino: host! port! catalog! schema!
vertica: host! port! database! schema!
`

const serverTypes31 = `
custom: account catalog database dataset delimiter endpointUrl format host location path port project region regionName schema serviceName stagingDir warehouse stream
hive: host! database! port
impala: host! database! port
zen: host! database! port
`

const serverTypes32 = `
athena: schema! stagingDir catalog regionName workgroup
azure: location! format! delimiter encoding
btrieve: host! database! port
custom: account catalog database dataset delimiter endpointUrl format encoding host location path port project region regionName schema serviceName stagingDir warehouse stream
exasol: host! port schema
fastobjects: database! host port
glue: account! database! location format encoding
hana: host! port database schema
iceberg: catalog! catalogUrl! namespace warehouse
ingres: host! database! port
kafka: host! format encoding
kinesis: region format encoding
local: path! format! encoding
poet: database! host port
s3: location! endpointUrl format encoding delimiter
sftp: location! format encoding delimiter
teradata: host! port database
vectorwise: host! database! port
versant: database! host port
`

// server is the shape of a server, which its type picks.
func (w *shapes) server() *shape {
	common := keys{"server": full, "description": text, "environment": text, "roles": listOf(w.role), "customProperties": w.custom}
	if w.release >= v31 {
		common["id"] = stableID
	}
	port := whole
	if w.release >= v32 {
		port = &shape{Kinds: document.Int | document.Text}
	}
	special := keys{"port": port}
	if w.release == v30 {
		special["format"] = word("a format of version 3.0", "parquet", "delta", "json", "csv")
		special["delimiter"] = word("a delimiter of version 3.0", "new_line", "array")
		special["delimiter"].Instead = map[string]string{}
		for _, d := range []string{",", ";", "|", "\t"} {
			special["delimiter"].Instead[d] = "write apiVersion: v3.1.0, which has field separators"
		}
	}
	types := map[string]*shape{}
	tables := []string{serverTypes, serverTypes31, serverTypes32}
	for _, table := range tables[:w.release+1] {
		for line := range strings.Lines(strings.TrimSpace(table)) {
			name, list, _ := strings.Cut(strings.TrimSpace(line), ":")
			k, need := with(common, nil), []string{"server", "type"}
			for _, key := range strings.Fields(list) {
				key, must := strings.CutSuffix(key, "!")
				if must {
					need = append(need, key)
				}
				k[key] = text
				// Only files in stores that read them have the closed lists of 3.0.
				if s := special[key]; s != nil && (key == "port" || name == "s3" || name == "azure" || name == "sftp") {
					k[key] = s
				}
			}
			types[name] = mapOf("a server of type "+name, k, need...)
		}
	}
	kind := word("a type of server", sortedKeys(types)...)
	for _, s := range types {
		s.Keys["type"] = kind
	}
	unknown := mapOf("a server", keys{"type": kind}, "server", "type")
	return &shape{Pick: func(n *document.Node) *shape {
		if s := types[n.Get("type").Str()]; s != nil {
			return s
		}
		// Without a type nothing can be said of the other keys.
		if n.Kind == document.Map {
			unknown := *unknown
			unknown.Keys = keys{"type": kind}
			for _, e := range n.Entries {
				if e.Key != "type" {
					unknown.Keys[e.Key] = anything
				}
			}
			return &unknown
		}
		return unknown
	}}
}
