package policy

import "slices"

// connect returns the neighbours of each pipeline of a topology that names for
// each pipeline those directly upstream: these first, then those directly
// downstream, sorted. What is further away is reached through what lies between
// if that fails too; if it does not, it explains nothing.
func connect(upstreams map[string][]string) map[string][]string {
	up, down := map[string][]string{}, map[string][]string{}
	for name, list := range upstreams {
		for _, u := range list {
			up[name] = append(up[name], u)
			down[u] = append(down[u], name)
		}
	}
	neighbours := map[string][]string{}
	for _, side := range []map[string][]string{up, down} {
		for name, list := range side {
			slices.Sort(list)
			neighbours[name] = append(neighbours[name], slices.Compact(list)...)
		}
	}
	return neighbours
}
