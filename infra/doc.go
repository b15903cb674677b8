// Package infra has no code: the folder deploys the house to AWS. Its tests hold
// the deployment to the code, so that templates, workflow file, functions,
// environment, permissions and alarms agree. They need no account; lint.sh asks
// other tools, README.md lists what only an account can prove.
package infra
