package template

import (
	"maps"
	"slices"
)

// mergeGlobals adds the properties in Globals to the functions and the APIs.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
func (t *Template) mergeGlobals(globals map[string]any) error {
	for _, id := range slices.Sorted(maps.Keys(t.resources)) {
		r := t.resources[id]
		for section, kind := range map[string]string{"Function": "AWS::Serverless::Function", "Api": "AWS::Serverless::Api"} {
			if r.Type != kind {
				continue
			}
			at := place("Resources").key(id)
			properties, _ := globals[section].(map[string]any)
			kept, err := t.kept(r.IgnoreGlobals, properties, at.key("IgnoreGlobals"))
			if err != nil {
				return err
			}
			merged := t.source.merge(kept, r.Properties, place("Globals").key(section), at.key("Properties"))
			r.Properties, _ = merged.(map[string]any)
		}
		t.resources[id] = r
	}
	return nil
}

// kept returns the properties in Globals without those that the resource ignores.
func (t *Template) kept(ignore any, properties map[string]any, at place) (map[string]any, error) {
	kept := map[string]any{}
	maps.Copy(kept, properties)
	names, isList := ignore.([]any)
	switch {
	case ignore == nil:
	case ignore == "*":
		clear(kept)
	case !isList:
		return nil, t.source.fault(at, "expected a list of properties in Globals, or \"*\", not %s", shown(ignore))
	}
	for _, name := range names {
		key, _ := name.(string)
		if _, ok := kept[key]; !ok {
			return nil, t.source.fault(at, "Globals has no %s%s", shown(name), suggestion(key, slices.Collect(maps.Keys(kept))))
		}
		delete(kept, key)
	}
	return kept, nil
}

// merge returns the value of a property from the value in Globals and the value in a resource. It
// merges maps key by key, and puts the resource's list after the list in Globals. In all other cases
// the resource's value replaces the value in Globals. It remembers where each added value was written.
func (s *source) merge(global, local any, from, at place) any {
	_, _, globalIsCall := call(global)
	_, _, localIsCall := call(local)
	// SAM's translator replaces only this list, since version 1.115 (samtranslator/plugins/globals).
	if globalIsCall || localIsCall || from == "Globals.Function.Architectures" {
		return local
	}
	switch global := global.(type) {
	case map[string]any:
		if local, ok := local.(map[string]any); ok {
			return s.mergeMaps(global, local, from, at)
		}
	case []any:
		if local, ok := local.([]any); ok {
			for i := range local {
				s.moved[at.index(len(global)+i)] = at.index(i)
			}
			for i := range global {
				s.moved[at.index(i)] = from.index(i)
			}
			return slices.Concat(global, local)
		}
	}
	return local
}

func (s *source) mergeMaps(global, local map[string]any, from, at place) map[string]any {
	merged := maps.Clone(local)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range global {
		if own, ok := local[key]; ok {
			merged[key] = s.merge(value, own, from.key(key), at.key(key))
		} else {
			merged[key], s.moved[at.key(key)] = value, from.key(key)
		}
	}
	return merged
}
