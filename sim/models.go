package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"simple-sam-demo/enricher/classifier"
)

const (
	oldVersion = "2020-01-01.01"
	newVersion = "2020-01-02.01"
	modelURI   = "ModelUri" // the template's parameter
)

// canUpgrade tells whether the template lets the enricher read its model from a file. If not, all that
// runs has the built-in model.
func canUpgrade() bool {
	_, can := declared()[modelURI]
	return can
}

// artifact returns the repository's model with another version. Its coefficients are scaled, so that
// its predictions differ from those of the other version.
func artifact(version string, scale float64) []byte {
	text, err := os.ReadFile(filepath.Join(root(), "enricher", "classifier", "model.json"))
	must(err)
	var a map[string]any
	must(json.Unmarshal(text, &a))
	a["version"] = version
	for _, row := range a["coefficients"].([]any) {
		for i, c := range row.([]any) {
			row.([]any)[i] = c.(float64) * scale
		}
	}
	return mustJSON(a)
}

// writeModels writes the old model's artifact, and returns the models that can classify: the old and the
// new one, or the built-in one.
func writeModels(path string) map[string]*classifier.Model {
	models := map[string]*classifier.Model{}
	if !canUpgrade() {
		m, err := classifier.Embedded()
		must(err)
		models[m.Version()] = m
		return models
	}
	for version, scale := range map[string]float64{oldVersion: 1, newVersion: 0.5} {
		m, err := classifier.Parse(artifact(version, scale))
		must(err)
		models[version] = m
	}
	must(os.WriteFile(path, artifact(oldVersion, 1), 0o600))
	return models
}

// beginUpgrades draws when the new model is published. Sometimes the old one is put back later, and the new one comes a
// second time.
func (w *world) beginUpgrades(before time.Duration) {
	at := w.moment(before, "upgrade")
	w.begins("upgrade", at, func() { w.publish(newVersion, 0.5) })
	if w.seed.number("puts back") < 0.3 {
		w.begins("old model put back", at+w.moment(time.Hour, "put back"), func() { w.publish(oldVersion, 1) })
		w.begins("second upgrade", at+time.Hour+w.moment(time.Hour, "second upgrade"), func() { w.publish(newVersion, 0.5) })
	}
}

// publish replaces the model's artifact. An execution environment uses it once it is started again.
func (w *world) publish(version string, scale float64) {
	must(os.WriteFile(w.modelPath+".new", artifact(version, scale), 0o600))
	must(os.Rename(w.modelPath+".new", w.modelPath))
	w.upgraded.Store(version == newVersion)
	if version == newVersion {
		w.steps.upgrade()
	}
	w.note("model %s is published", version)
}
