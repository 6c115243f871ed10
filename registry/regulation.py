"""What was assumed about regulation when these documents were written; no legal advice."""

AS_OF = "22 November 2026"
NO_ADVICE = (
    f"Assumptions as of {AS_OF}, stated so that they can be checked. This is no legal advice: "
    "have counsel confirm what applies to your institution and market."
)
ASSUMPTIONS = (
    (
        "Model risk, United States",
        "SR 26-2 (April 2026) superseded SR 11-7 as the supervisors' guidance on model risk management; "
        "this report follows its usual parts: purpose, data, development, validation, limits, monitoring, approval.",
    ),
    (
        "Adverse action, United States",
        "The Equal Credit Opportunity Act and Regulation B (12 CFR 1002.9) ask for the specific principal reasons of a "
        "refusal, of business applicants on request by size of firm. The service returns the four reasons that cost "
        "most points, in words, by the method described under Explanations.",
    ),
    (
        "AI Act, European Union",
        "Regulation (EU) 2024/1689, Annex III 5(b), lists the evaluation of natural persons' creditworthiness as "
        "high-risk; loans to legal persons are outside that point. Logs, human oversight, data governance and "
        "accuracy figures are provided for here; conformity assessment is the deployer's and provider's own.",
    ),
    (
        "Automated decisions, European Union",
        "Article 22 GDPR as read by the Court of Justice (C-634/21, SCHUFA): a score that decides in effect is itself "
        "an automated decision; a person must be able to review it.",
    ),
    (
        "Equal treatment",
        "The four-fifths ratio is a screening figure, not a legal test of disparate impact in lending; limits are the "
        "consortium's policy.",
    ),
)
