// Built once for the sake of Go's cache: compiling the vendor's SDK takes minutes, a program that uses it a second.
package main

import _ "github.com/openai/openai-go/v3"

func main() {}
