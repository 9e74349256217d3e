// Promote and rollback: first the plan, then a person's yes, then the receipt.

import { tool } from "./api.js";
import { choices, ask } from "./dialog.js";
import { button, el, replace } from "./dom.js";
import { say, trouble } from "./notices.js";
import { changes, receipt } from "./receipt.js";

/** Ask whether a candidate shall have the traffic, and let it. */
export function promote(where, slot, record, done) {
  const params = { ...where, deploymentId: record.deploymentId };
  return decide(`Promote ${slot}?`, "promote", params, `Promote ${slot}`, done, "primary");
}

/** Ask whether the traffic goes back to the slot that is kept warm. */
export function rollback(where, slot, record, done) {
  return decide(`Roll back to ${slot}?`, "rollback", where, `Roll back to ${slot}`, done, "danger", true);
}

/** Ask whether a recorded deployment is brought back: a start of its image, then the traffic. */
export function bringBack(where, record, done) {
  const params = { ...where, deploymentId: record.id };
  return decide(`Bring ${record.version} back?`, "rollback", params, `Bring ${record.version} back`, done, "danger", true);
}

function decide(title, name, params, yes, done, look, reasoned = false) {
  return ask(title, async (dialog) => {
    const { body, actions, close } = dialog;
    replace(body, el("p", { class: "faint" }, "Asking what would happen"));
    choices(actions, close, "Cancel");
    let plan;
    try {
      plan = await tool(name, { ...params, dryRun: true });
    } catch (error) {
      replace(body, trouble(error));
      choices(actions, close, "Close");
      return;
    }
    const reason = reasoned && el("input", { id: "reason", maxlength: "500", autocomplete: "off" });
    const problem = el("div", {});
    replace(body, planned(params, plan), reason && [el("label", { for: "reason" }, "Reason, for the record"), reason], problem);
    const go = button(yes, () => act(dialog, name, params, reason, problem, done), { class: look });
    choices(actions, close, "Cancel", go);
    go.focus();
  });
}

function planned(params, plan) {
  return [
    el("p", {}, el("strong", {}, `${params.projectName}, ${params.environment}`)),
    plan.fromSlot !== undefined && el("p", { class: "way-of" }, way(plan)),
    el("h3", {}, "What will happen"),
    el("ol", {}, plan.plan.map((sentence) => el("li", {}, sentence))),
    el("h3", {}, "Variables"),
    changes(plan.envChanges),
  ];
}

function way({ fromSlot, toSlot, previousVersion, newVersion }) {
  const from = fromSlot ? `${fromSlot} ${previousVersion}` : "nothing";
  return `From ${from} to ${toSlot} ${newVersion}`;
}

async function act({ body, actions, close, heading }, name, params, reason, problem, done) {
  replace(problem, el("p", { class: "faint", role: "status" }, "At work"));
  try {
    const answer = await tool(name, { ...params, ...(reason && { reason: reason.value }) }, { changes: true });
    const sentence = answer.changed
      ? `${answer.activeSlot} has the traffic of ${params.projectName}, ${params.environment}.`
      : `Nothing had to change: ${answer.activeSlot} has the traffic already.`;
    heading.textContent = "Done";
    replace(body, el("p", {}, sentence), answer.receipt && receipt(answer.receipt));
    choices(actions, close, "Close");
    actions.querySelector("button").focus();
    say(sentence);
  } catch (error) {
    replace(problem, trouble(error));
  } finally {
    done();
  }
}
