// Package catalog holds what a review needs to know of a database: relations
// with their columns, indexes and constraints, sizes, traffic and dependents.
// The zero Snapshot knows nothing, and says so: absence of a fact never reads
// as "fine".
package catalog

import (
	"slices"
	"strings"
	"time"
)

// Source says where a snapshot comes from, as belay.review/1 spells it.
type Source string

// The sources of a snapshot. The zero value is SourceNone's meaning too.
const (
	SourceNone    Source = "none"
	SourceLive    Source = "live"
	SourceSchema  Source = "schema"
	SourceHistory Source = "history"
)

// Snapshot is the catalog at one moment. Names are "schema.name", unquoted.
type Snapshot struct {
	Source Source
	// ServerVersion is the major version, 10 to 18; 0 = unknown.
	ServerVersion int
	// ServerMinor is server_version_num modulo 10000; -1 = unknown.
	ServerMinor int
	// EscapeStrings is true where the team's sessions have
	// standard_conforming_strings off.
	EscapeStrings bool
	// SearchPath resolves names without a schema. Empty = public.
	SearchPath []string
	// home is the path before the run's first SET, local the one before a SET LOCAL.
	home, local *[]string
	// Relations, Types (enums, domains, composites) and Functions are found by
	// "schema.name". What is in them is shared between clones: replace an entry,
	// never change it. Overloads of a function are folded, worst case wins.
	Relations Named[*Relation]
	Types     Named[*Type]
	Functions Named[*Function]
	Schemas   map[string]bool
	// SchemaOwners has the owner of each schema when the snapshot was taken; nil = not read.
	SchemaOwners map[string]string
	// Casts are those that the database made itself.
	Casts []Cast
	// Publications lists publications; AllTables ones publish every relation.
	Publications []Publication
	// Servers are the foreign servers, each with its wrapper.
	Servers map[string]string
	// Tablespace is where a statement makes what names none; "" = the database's own.
	Tablespace string
	// TimeZone is the session's; "" = unknown.
	TimeZone string
	// Unsure is true once something ran of which nobody sees what it made: code, an
	// extension's script. What is not here may be there. After a ROLLBACK, Undone,
	// what is here may be gone too.
	Unsure, Undone bool
	// OtherTypes are the types of the database that are not in Types, such as base
	// types and ranges of extensions; Callable are all functions, the server's own
	// too, as far as the names that were asked for. Nil = not read.
	OtherTypes map[string]bool
	// Callable counts the functions of each name.
	Callable map[string]int
	// Asked are the names that were looked for; what has another name may be there
	// without being here. Nil = all.
	Asked map[string]bool
	// Roles and Extensions are those that are there; nil = not read.
	Roles, Extensions map[string]bool
	// Rights are those of the role that was asked for; nil = nobody was asked, or a
	// statement of the run changes who acts or what he may.
	Rights *Rights
	// TakenAt is the server's clock; zero where there was no server.
	TakenAt time.Time
}

// Known reports whether the snapshot can be asked at all.
func (s *Snapshot) Known() bool { return s != nil && s.Source != "" && s.Source != SourceNone }

// Kind is pg_class.relkind, spelled out.
type Kind string

// The kinds of relation a review cares about.
const (
	Table            Kind = "table"
	PartitionedTable Kind = "partitioned table"
	Index            Kind = "index"
	View             Kind = "view"
	MaterializedView Kind = "materialized view"
	Sequence         Kind = "sequence"
	ForeignTable     Kind = "foreign table"
)

// What else may depend on a column. These are no relations.
const (
	PolicyKind      Kind = "policy"
	TriggerKind     Kind = "trigger"
	RuleKind        Kind = "rule"
	FunctionKind    Kind = "function"    // its body was parsed when it was made
	PublicationKind Kind = "publication" // a list of columns, or a row filter
)

// Relation is a table, view, index or sequence.
type Relation struct {
	Name string // "schema.name"
	OID  uint32 // 0 where there was no server
	Kind Kind
	// Owner is the owning role; "" = unknown.
	Owner       string
	Columns     []Column
	Indexes     []IndexDef // of a table
	Constraints []Constraint
	Triggers    []Trigger
	// Parents and Children are partition or inheritance links.
	Parents, Children []string
	// PartitionBound is the FOR VALUES text of a partition; "" = none or unknown.
	PartitionBound string
	// DefaultPartition names the DEFAULT partition of a partitioned table.
	DefaultPartition string
	// PartitionStrategy is "RANGE", "LIST" or "HASH"; "" = not partitioned or
	// unknown. PartitionColumns are the key's columns, "" for an expression.
	PartitionStrategy string
	PartitionColumns  []string
	// Dependents are views, rules, policies, triggers (UPDATE OF, WHEN), functions
	// and publications that name the relation, with the columns.
	Dependents []Dependent
	// ReferencedBy lists the tables whose foreign keys point here.
	ReferencedBy []string
	// ReplicaIdentity is pg_class.relreplident: d, n, f or i; "" = unknown.
	ReplicaIdentity string
	// Statistics names the extended statistics on the table.
	Statistics  []string
	RowSecurity bool
	// ClusteredOn names the index that CLUSTER would use; "" = none.
	ClusteredOn string
	Policies    int
	// PolicyNames and Rules are all policies and rules by name, where Listed says so.
	PolicyNames, Rules []string
	// Listed is true where the two were read.
	Listed   bool
	Unlogged bool
	// CreatedHere is true for a relation that the run under review creates:
	// nobody else can see it yet.
	CreatedHere bool
	// Partial is true where the snapshot knows the relation only from statements
	// that changed it: what is there is true, what is not there is unknown.
	Partial bool
	// Size, Rows and Traffic are nil where nobody could be asked.
	Size    *Size
	Traffic *Traffic
	// FromTable names the table of an index, the owner of a sequence.
	FromTable string
	// Visibility is what the role that was asked for sees of its rows; nil = nobody
	// was asked, or a statement of the run changes it.
	Visibility *Visibility
	Storage    Storage
	// OfType names the type that a table was made OF; "" = none.
	OfType string
	// Doubted is true where code that nobody sees may have changed the relation
	// since: what is there may be gone or another.
	Doubted bool
	// Unlisted is true where a column may be missing from Columns, or have another
	// name: they were read from a query, or a parent is not known.
	Unlisted bool
	// NotUpdatable says what in a view's query keeps the server from writing through
	// it by itself; "" = nothing, or not known.
	NotUpdatable string
	// Details are those of a table; nil = not read.
	Details *Details
}

// Column is one live column.
type Column struct {
	Name    string
	Type    string // as format_type prints it, such as "character varying(20)"
	NotNull bool
	// Default is the default expression as pg_get_expr prints it; "" = none.
	Default   string
	Generated string // "", "stored", "virtual"
	Identity  bool
	Collation string // "" = the type's own
	// Local is true where the table declares the column itself, Inherited counts
	// the parents that it comes from.
	Local     bool
	Inherited int
}

// IndexDef is an index of a table.
type IndexDef struct {
	Name                          string   // "schema.name"
	Columns                       []string // key columns in order; "" for an expression
	Include                       []string // further columns that are only stored
	Labels                        []string // the index's names of both; nil = not known
	Unique, Primary, Valid, Ready bool
	// Predicate and Expressions are source text; "" = none.
	Predicate, Expressions string
	Method                 string // btree, hash, gin, …
	// Constraint names the constraint that owns the index; "" = none.
	Constraint string
	Definition string // pg_get_indexdef; "" where unknown
	Immediate  bool
}

// Constraint is a table constraint, or a domain's where Relation is a type.
type Constraint struct {
	Name    string
	Type    ConstraintType
	Columns []string
	// Expression is the CHECK's text without "CHECK"; "" otherwise.
	Expression string
	Valid      bool
	Enforced   bool
	// References and RefColumns are a foreign key's target.
	References string
	RefColumns []string
	// OnDelete and OnUpdate are what a foreign key does; NO ACTION is "".
	OnDelete, OnUpdate string
	Deferrable         bool
	// Deferred is true where it is checked at the end of a transaction unless another
	// is said; MatchFull is a foreign key's MATCH FULL.
	Deferred, MatchFull bool
	// Inherited is true for what a partition or child has of its parent's, Local
	// where it declares the same itself; NoInherit keeps it from children.
	Inherited, Local, NoInherit bool
	// Definition is what pg_get_constraintdef prints: all that stands behind the
	// constraint's name; "" = not known.
	Definition string
}

// ConstraintType is pg_constraint.contype, spelled out.
type ConstraintType string

// The constraint types.
const (
	Check      ConstraintType = "CHECK"
	ForeignKey ConstraintType = "FOREIGN KEY"
	PrimaryKey ConstraintType = "PRIMARY KEY"
	Unique     ConstraintType = "UNIQUE"
	Exclude    ConstraintType = "EXCLUDE"
	NotNull    ConstraintType = "NOT NULL"
)

// Trigger is a user trigger of a table.
type Trigger struct {
	Name, Function string
	Enabled        bool
	ForEachRow     bool
	// Before is true where it runs before a row is stored, or instead of that: its
	// function decides what is.
	Before bool
	Events string // "INSERT OR UPDATE"
	// Cloned is true for what a partition has of its parent's.
	Cloned bool
}

// Dependent is a view, materialized view, rule, policy, trigger, function or
// publication that names columns of a relation.
type Dependent struct {
	// Name is "schema.name"; a rule, policy, trigger or publication by its name alone.
	Name string
	Kind Kind
	// On is the table of a policy, trigger or rule; "" = the one that lists it.
	On string
	// Columns are the relation's; empty = the whole row or unknown, NoColumn alone =
	// the relation is read and no column of it.
	Columns []string
}

// NoColumn stands alone in the list of a Dependent that names no column.
const NoColumn = ""

// Cast is a cast that CREATE CAST made. Types of the database are "schema.name",
// those of the server as format_type prints them.
type Cast struct {
	From, To string
	// Explicit is true where only a written cast uses it.
	Explicit bool
	// Function is "schema.name" of what converts a value; "" = the server itself.
	Function string
}

// Type is an enum, a domain or a composite type.
type Type struct {
	Name      string // "schema.name"
	Owner     string // the owning role; "" = unknown
	Enum      []string
	Domain    bool
	Composite bool
	// Base is a domain's base type as format_type prints it.
	Base string
	// Default is a domain's, as source text; "" = none.
	Default     string
	Constraints []Constraint // of a domain
	NotNull     bool
	// Attributes are a composite type's, as far as its CREATE TYPE was read.
	Attributes []Column
	// UsedBy lists "schema.table.column" of the columns of this type as the
	// server told; Snapshot.Users knows the rest.
	UsedBy []string
	// Dependents are functions and views that name the type; columns, domains and
	// typed tables are found by what they are.
	Dependents  []Dependent
	CreatedHere bool
}

// Function is a function that a default may call or a body that may name columns.
type Function struct {
	Name string
	// Owner is the role that owns all overloads; "" = unknown, or not one alone.
	Owner string
	// Volatility is "immutable", "stable" or "volatile"; "" = unknown.
	Volatility string
	Language   string
	Body       string // prosrc; "" where not read
	// Arguments are the types that it takes, one text for each overload, as
	// format_type prints them; "?" = not known, or not so many each time.
	Arguments []string
	// Defaults are those of the arguments, of each overload that has some.
	Defaults []ArgumentDefaults
	// Inputs are the names of the arguments that it takes, "" for one without, one list
	// for each overload that names some.
	Inputs [][]string
	// Inlinable is true for an SQL function whose one SELECT the planner may put
	// in the place of the call: no FROM, no SET, not SECURITY DEFINER, not STRICT.
	Inlinable bool
	// Dependents are views, policies and functions that call it; what calls it in a
	// default, a check, an index or as a trigger is found by its text.
	Dependents []Dependent
	// CreatedHere is true for a function that the run under review creates, where
	// none of its name was there before.
	CreatedHere bool
}

// ArgumentDefaults has a place for each argument that an overload takes.
type ArgumentDefaults struct {
	// Names are "" where an argument has none, Texts where it has no default.
	Names, Texts []string
}

// Publication is a logical replication publication.
type Publication struct {
	Name      string
	AllTables bool
	// Updates and Deletes say whether such changes are published.
	Updates, Deletes bool
	// Tables are all that it publishes, Named those that it names one by one.
	Tables, Named []string
	// Short are tables whose rows it cannot tell one from the other: its list of
	// columns lacks one of their replica identity, or its row filter reads another.
	Short []string
}

// Column finds a live column by name; nil = not known.
func (r *Relation) Column(name string) *Column {
	if r == nil {
		return nil
	}
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return &r.Columns[i]
		}
	}
	return nil
}

// Version is the server's major version; 0 = unknown.
func (s *Snapshot) Version() int {
	if s == nil {
		return 0
	}
	return s.ServerVersion
}

// HasDefault reports a domain that gives a column without a default a value.
func (t *Type) HasDefault() bool {
	return t != nil && t.Domain && t.Default != "" && !strings.HasPrefix(strings.ToUpper(t.Default), "NULL")
}

// ForbidsNull reports whether a column of the type cannot hold NULL: a domain may
// say so, also in a CHECK.
func (t *Type) ForbidsNull() bool {
	if t == nil || !t.Domain {
		return false
	}
	return t.NotNull || slices.ContainsFunc(t.Constraints, func(k Constraint) bool {
		return k.Type == NotNull || strings.Contains(strings.ToUpper(k.Expression), "NULL")
	})
}
