// A button copies the command beside it.
for (const button of document.querySelectorAll("button.copy")) {
  const command = button.previousElementSibling;
  button.setAttribute("aria-label", `Copy: ${command.textContent.slice(0, 200)}`);
  const select = () => { getSelection().selectAllChildren(command); said.textContent = "It is selected: copy it."; };
  button.addEventListener("click", () => {
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(command.textContent).then(() => { button.textContent = "Copied"; said.textContent = "Copied."; }, select);
  });
}
document.documentElement.dataset.ready = "yes";
