// The pictures that a run has kept, by their steps.

export function overTime(find, pictures) {
  const members = Object.keys(pictures);
  find("over-time").hidden = !members.length;
  if (!members.length) return;
  find("of-member").hidden = members.length === 1;
  find("member").replaceChildren(...members.map((name) => new Option(name, name)));
  const show = () => {
    const member = find("member").value;
    const step = pictures[member][find("time").value];
    find("time-step").textContent = step;
    find("time").setAttribute("aria-valuetext", step);
    find("kept").src = `/run/picture?${new URLSearchParams({ member, step })}`;
    find("kept").alt = step;
  };
  const begin = () => {
    find("time").max = pictures[find("member").value].length - 1;
    find("time").value = find("time").max;
    show();
  };
  find("member").onchange = begin;
  find("time").oninput = show;
  begin();
}
