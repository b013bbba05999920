// SPDX-License-Identifier: Apache-2.0

// What `make check-deploy` asks Kubernetes' own code about deploy/kubernetes/*.yaml: each document
// is decoded strictly into its API type, so an unknown or misspelt field is an error, and each pod
// template is judged by the evaluation that the admission controller of Pod Security runs, at the
// level "restricted". And what act's reader, which Forgejo's runner descends from, says of
// workflows (--workflow FILE...).
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/nektos/act/pkg/model"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

type head struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

var failed bool

func check(what string, err error) {
	if err != nil {
		failed = true
		fmt.Printf("not ok - %s: %v\n", what, err)
		return
	}
	fmt.Printf("ok - %s\n", what)
}

// restricted is what the admission controller says of the pod; nil if it lets it in.
func restricted(evaluator policy.Evaluator, pod *corev1.PodTemplateSpec) error {
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
	if !result.Allowed {
		return fmt.Errorf("%s (%s)", result.ForbiddenReason(), result.ForbiddenDetail())
	}
	return nil
}

func document(file string, text []byte, evaluator policy.Evaluator) {
	var h head
	if err := yaml.Unmarshal(text, &h); err != nil {
		check(file, err)
		return
	}
	what := fmt.Sprintf("%s: %s %s", file, h.Kind, h.Metadata.Name)
	var cron batchv1.CronJob
	into := map[string]any{
		"v1 Namespace":                       &corev1.Namespace{},
		"v1 PersistentVolumeClaim":           &corev1.PersistentVolumeClaim{},
		"v1 ConfigMap":                       &corev1.ConfigMap{},
		"networking.k8s.io/v1 NetworkPolicy": &networkingv1.NetworkPolicy{},
		"batch/v1 CronJob":                   &cron,
	}[h.APIVersion+" "+h.Kind]
	if into == nil {
		check(what, fmt.Errorf("no type for %s %s", h.APIVersion, h.Kind))
		return
	}
	check(what+": strictly decoded", yaml.UnmarshalStrict(text, into))
	if into == any(&cron) {
		check(what+": restricted", restricted(evaluator, &cron.Spec.JobTemplate.Spec.Template))
	}
}

func workflow(file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	w, err := model.ReadWorkflow(in, true)
	if err == nil && len(w.Jobs) == 0 {
		err = fmt.Errorf("no jobs")
	}
	return err
}

func main() {
	workflows := false
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	check("the policy's own checks", err)
	for _, file := range os.Args[1:] {
		if file == "--workflow" {
			workflows = true
			continue
		}
		if workflows {
			check(file+": a workflow", workflow(file))
			continue
		}
		text, err := os.ReadFile(file)
		check(file, err)
		for _, part := range bytes.Split(text, []byte("\n---\n")) {
			if strings.TrimSpace(string(part)) != "" {
				document(file, part, evaluator)
			}
		}
	}
	if failed {
		os.Exit(1)
	}
}
