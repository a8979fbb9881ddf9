(function () {
	"use strict";
	var form = document.getElementById("filter");
	var checks = Array.prototype.slice.call(document.querySelectorAll("details.check"));
	var groups = Array.prototype.slice.call(document.querySelectorAll("details.group[data-status]"));
	if (form) {
		var find = document.getElementById("text");
		var status = document.getElementById("status");
		var dimension = document.getElementById("dimension");
		var hits = document.getElementById("hits");
		var texts = null;
		var was = groups.map(function (g) { return g.open; });
		var filtering = false;
		var timer = 0;
		var apply = function () {
			var words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
			var on = words.length > 0 || status.value !== "" || dimension.value !== "";
			if (words.length && !texts) {
				texts = checks.map(function (c) { return c.textContent.toLowerCase(); });
			}
			var shown = 0;
			checks.forEach(function (c, i) {
				var keep = (!status.value || c.dataset.s === status.value) &&
					(!dimension.value || c.dataset.d === dimension.value) &&
					words.every(function (w) { return texts[i].indexOf(w) >= 0; });
				if (c.hidden === keep) c.hidden = !keep;
				if (keep) shown++;
			});
			if (on && !filtering) was = groups.map(function (g) { return g.open; });
			groups.forEach(function (g, i) {
				var any = !on || !!g.querySelector("details.check:not([hidden])");
				g.hidden = !any;
				if (on) g.open = true;
				else if (filtering) g.open = was[i];
			});
			filtering = on;
			hits.textContent = on ? shown + " of " + checks.length + (shown ? "" : ": nothing matches") : "";
		};
		form.hidden = false;
		form.addEventListener("submit", function (e) { e.preventDefault(); });
		form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(apply, 60); });
		form.addEventListener("reset", function () { setTimeout(apply, 0); });
		if (find.value || status.value || dimension.value) apply();
	}
	// On paper, whatever needs attention is unfolded.
	var unfolded = [];
	addEventListener("beforeprint", function () {
		unfolded = checks.concat(groups).filter(function (d) {
			return !d.open && (d.dataset.s || d.dataset.status) !== "pass" && (d.dataset.s || d.dataset.status) !== "skipped";
		});
		unfolded.forEach(function (d) { d.open = true; });
	});
	addEventListener("afterprint", function () { unfolded.forEach(function (d) { d.open = false; }); });
})();
