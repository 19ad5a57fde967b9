package dynamodb

import (
	"fmt"
	"math"
)

// This file has the throughput of tables and indexes. Nothing is throttled: throughput is only shown.

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits *int64 }

func (p *throughput) violations(v *violations, path string) {
	if p != nil {
		v.need(p.ReadCapacityUnits != nil, path+".readCapacityUnits")
		number(v, p.ReadCapacityUnits, path+".readCapacityUnits", 1, math.MaxInt64)
		v.need(p.WriteCapacityUnits != nil, path+".writeCapacityUnits")
		number(v, p.WriteCapacityUnits, path+".writeCapacityUnits", 1, math.MaxInt64)
	}
}

// warmThroughput is what a table or an index can serve at once. It rises with the throughput, and never falls.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
type warmThroughput struct{ ReadUnitsPerSecond, WriteUnitsPerSecond *int64 }

// onDemandWarm is the warm throughput of a new table or index with the billing mode PAY_PER_REQUEST.
func onDemandWarm() warmThroughput { return warmThroughput{new(int64(12000)), new(int64(4000))} }

// raise sets the numbers that a request has.
func (w *warmThroughput) raise(to *warmThroughput) {
	if to == nil {
		return
	}
	if to.ReadUnitsPerSecond != nil {
		w.ReadUnitsPerSecond = to.ReadUnitsPerSecond
	}
	if to.WriteUnitsPerSecond != nil {
		w.WriteUnitsPerSecond = to.WriteUnitsPerSecond
	}
}

// check refuses warm throughput without a number. of says what it is for.
func (w *warmThroughput) check(of string) {
	forbid(w != nil && w.ReadUnitsPerSecond == nil && w.WriteUnitsPerSecond == nil,
		wrongValue+"WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified %s", of)
}

// The reasons why warm throughput can be too low. Each ends AWS's message.
const (
	lowerThanCurrent     = "current WarmThroughput, decreasing WarmThroughput is not supported"
	lowerThanOnDemand    = "initial throughput for OnDemand"
	lowerThanProvisioned = "%sCapacityUnits of ProvisionedThroughput"
)

// atLeast refuses warm throughput that is too low. AWS's messages are recorded in
// https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks: DDB-TABLE-128, -155 and -442.
func (w *warmThroughput) atLeast(least warmThroughput, what, reason string) {
	if w == nil {
		return
	}
	for _, unit := range []struct {
		name         string
		given, least *int64
	}{{"Read", w.ReadUnitsPerSecond, least.ReadUnitsPerSecond}, {"Write", w.WriteUnitsPerSecond, least.WriteUnitsPerSecond}} {
		if unit.given != nil && *unit.given < *unit.least {
			if reason == lowerThanProvisioned {
				reason = fmt.Sprintf(reason, unit.name)
			}
			panic(invalid(wrongValue+"Requested %sUnitsPerSecond for WarmThroughput for %s is lower than %s", unit.name, what, reason))
		}
	}
}

// checkNew refuses warm throughput that is lower than a new table or index with this throughput has.
func (w *warmThroughput) checkNew(p *throughput, billing, what string) {
	x, reason := index{throughput: p}, lowerThanProvisioned
	if billing == "PAY_PER_REQUEST" {
		reason = lowerThanOnDemand
	}
	w.atLeast(x.warmNow(billing), what, reason)
}

// provisioned returns the throughput that is shown. It is 0 with the billing mode PAY_PER_REQUEST.
func (x *index) provisioned(billing string) throughput {
	if x.throughput == nil || billing == "PAY_PER_REQUEST" {
		return throughput{new(int64), new(int64)}
	}
	return *x.throughput
}

// warmNow returns the warm throughput. It is at least what the billing mode gives.
func (x *index) warmNow(billing string) warmThroughput {
	now := onDemandWarm()
	if billing != "PAY_PER_REQUEST" {
		p := x.provisioned(billing)
		now = warmThroughput{p.ReadCapacityUnits, p.WriteCapacityUnits}
	}
	if w := x.warm; w != nil {
		now = warmThroughput{larger(w.ReadUnitsPerSecond, now.ReadUnitsPerSecond), larger(w.WriteUnitsPerSecond, now.WriteUnitsPerSecond)}
	}
	return now
}

func larger(a, b *int64) *int64 {
	if a == nil || *a < *b {
		return b
	}
	return a
}

// keepWarm notes the warm throughput of a table and its indexes, before an update that may lower the throughput.
func (t *table) keepWarm() {
	t.warm = new(t.warmNow(t.billing))
	for _, x := range t.secondary {
		x.warm = new(x.warmNow(t.billing))
	}
}
