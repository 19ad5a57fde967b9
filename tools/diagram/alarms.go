package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// subscriptions adds topics and who gets what is published there. A subscription that a condition leaves
// out is added too, with the condition.
func (r *reader) subscriptions() error {
	for _, id := range r.LogicalIDs("AWS::SNS::Topic") {
		r.nodes = append(r.nodes, node{id: id, class: "topic", title: id, kind: "SNS topic"})
	}
	const kind = "AWS::SNS::Subscription"
	conditions := r.LeftOut(kind)
	for _, id := range slices.Sorted(slices.Values(slices.AppendSeq(r.LogicalIDs(kind), maps.Keys(conditions)))) {
		var p struct{ TopicArn, Protocol, Endpoint string }
		if err := r.decode(id, &p); err != nil {
			return err
		}
		r.nodes = append(r.nodes, node{id: id, class: "person", title: p.Protocol, optional: conditions[id] != ""})
		for _, topic := range refers(p.TopicArn) {
			r.connect(topic, id, strings.TrimSuffix("if "+conditions[id], "if "))
		}
	}
	return nil
}

// alarms adds one node for all alarms that have the same targets.
func (r *reader) alarms() error {
	groups := map[string][]alarm{}
	for _, id := range r.LogicalIDs("AWS::CloudWatch::Alarm") {
		var a alarm
		if err := r.decode(id, &a); err != nil {
			return err
		}
		targets := strings.Join(refers([]any{a.AlarmActions, a.OKActions, a.InsufficientDataActions}), ",")
		groups[targets] = append(groups[targets], a)
	}
	for _, targets := range slices.Sorted(maps.Keys(groups)) {
		id, count := "-alarms-"+targets, len(groups[targets])
		title := fmt.Sprintf("%d alarms", count)
		if count == 1 {
			title = "1 alarm"
		}
		r.nodes = append(r.nodes, node{id: id, class: "alarms", title: title, kind: "CloudWatch", lines: watched(groups[targets])})
		for _, target := range strings.Split(targets, ",") {
			r.connect(id, target, "")
		}
	}
	return nil
}

type alarm struct {
	Namespace                                        string
	AlarmActions, OKActions, InsufficientDataActions []string
}

// watched says how many alarms there are on each namespace's metrics.
func watched(alarms []alarm) []string {
	counts := map[string]int{}
	for _, a := range alarms {
		namespace, isOfAWS := strings.CutPrefix(a.Namespace, "AWS/")
		if !isOfAWS {
			namespace = "own metrics"
		}
		counts[namespace]++
	}
	var lines []string
	for _, namespace := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%d on %s", counts[namespace], namespace))
	}
	return lines
}
