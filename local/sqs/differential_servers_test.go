package sqs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simple-sam-demo/local/differential"
)

// elasticMQVersion is the version of org.elasticmq:elasticmq-server_2.13 in Maven Central.
const elasticMQVersion = "1.7.1"

// startElasticMQ starts ElasticMQ. Maven fetches its jars into Maven's local repository.
func startElasticMQ(t *testing.T) (url string) {
	differential.Need(t, "java", "mvn")
	address, port := differential.FreeAddress(t)
	differential.Start(t, address, "java", "-Xmx256m", "-XX:+UseSerialGC",
		"-Drest-sqs.bind-hostname=127.0.0.1", "-Drest-sqs.bind-port="+port, "-Drest-sqs.sqs-limits=strict", "-Drest-stats.enabled=false",
		"-Dnode-address.host=127.0.0.1", "-Dnode-address.port="+port, "-Daws.region=us-east-1", "-Daws.accountId=000000000000",
		"-cp", elasticMQClasspath(t), "org.elasticmq.server.Main")
	return "http://" + address
}

func elasticMQClasspath(t *testing.T) string {
	folder := differential.Cached(t, "elasticmq-"+elasticMQVersion)
	pom, list := filepath.Join(folder, "pom.xml"), filepath.Join(folder, "classpath")
	if jars, err := os.ReadFile(list); err == nil && allThere(strings.Split(string(jars), string(os.PathListSeparator))) {
		return string(jars)
	}
	differential.Write(t, pom, `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>differential</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>`+elasticMQVersion+`</version></dependency>
  </dependencies>
</project>
`)
	differential.Run(t, "mvn", "-q", "-B", "-f", pom, "dependency:build-classpath", "-Dmdep.outputFile="+list)
	jars, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(jars)
}

func allThere(files []string) bool {
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return false
		}
	}
	return true
}
