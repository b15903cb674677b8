// Package city makes a city up and plays its year in virtual time: districts,
// departments with officers of limited capacity, key projects with their branches,
// and issues that arrive through the year. People act through the service's public
// commands, on what their own lists show them; what may be done, and what follows
// from it, is decided by the rules alone, by the workflow file on the real engine
// and by the real calendar.
//
// It must not know how the house is assembled or where anything is stored: it is
// given the service and a [sim.World] to settle.
//
// # What is real, and what is made up
//
// Real are the rules, the workflow, the catalogue's 43 items with their limits,
// prerequisites and ways around (告知承诺, 容缺受理), and the State Council's holidays.
// Everything else is made up and says so (拟定): the city, every name, how many
// officers there are and how much they get done, how long a case takes to study,
// how often papers are incomplete or a department objects. Each number is a field
// of [Assumptions] with its default; no report states any of them, and a figure of a
// simulated year says nothing of a real office.
//
// # Repeatable
//
// What an issue asks for, when it is raised and how much work each of its parts is
// follow from the seed and the number alone (common random numbers): they
// are the same however the year unfolds, so that two ways of working meet the same
// demand. Everything happens on one goroutine in a fixed order; the same seed gives
// the same audit trail, hash by hash.
package city
