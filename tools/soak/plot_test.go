package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestThePictureHasALineForEachMeasureAndTheSameBytesEachTime(t *testing.T) {
	s := soak{plan: newPlan(time.Hour, 100), events: []event{{30 * time.Minute, "model 2000-01-01.02"}}}
	for i := range 360 {
		var x observation
		x.After, x.Queue, x.Items = float64(10*(i+1)), float64(i%7), 20_000
		x.AnswerP50, x.AnswerP99 = 1.5, 150
		s.samples = append(s.samples, x)
	}
	var pictures [2]string
	for i := range pictures {
		path := filepath.Join(t.TempDir(), "soak.svg")
		if err := s.plot(path); err != nil {
			t.Fatal(err)
		}
		wantXML(t, path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pictures[i] = string(text)
	}
	if pictures[0] != pictures[1] {
		t.Error("the second picture has other bytes")
	}
	wanted := []string{"prefers-color-scheme: dark", "<title>The local stack under 100 requests a second, for 1h<", ">60 min<", ">1000<", ">6<", `d="M211.0 30V124"`}
	lines := 0
	for _, p := range s.plan.panels() {
		wanted = append(wanted, ">"+p.title+"<")
		lines += len(p.measures)
	}
	for _, want := range wanted {
		if !strings.Contains(pictures[0], want) {
			t.Errorf("no %q in the picture", want)
		}
	}
	if got := strings.Count(pictures[0], `class="line line`); got != lines {
		t.Errorf("%d lines, want %d", got, lines)
	}
}

func TestAllValuesFitOnTheirAxisAndItsTicksAreFew(t *testing.T) {
	for _, most := range []float64{0, 0.01, 0.3, 0.9, 1, 2.4, 4.1, 9.99, 10, 41, 63, 99, 12345} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			s, ticks := verticalScale(most, 0, false)
			if s.most < most || math.IsNaN(s.most) || s.most > 3*most && most > 0 || len(ticks) < 2 || len(ticks) > 6 {
				t.Errorf("to %g with %v", s.most, ticks)
			}
		})
	}
}
