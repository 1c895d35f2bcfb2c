"""The words that every report explains."""

from __future__ import annotations

GLOSSARY = [
    ("Theme", "An idea that is looked for in the posts, such as blame."),
    ("Codebook", "The list of themes: what each one means, what counts and what does not."),
    ("Post", "One piece of writing by one person: an essay that starts a thread, or a comment."),
    ("Thread", "An essay and all comments under it."),
    ("Passage", "One paragraph, list item, note or speaker turn of a post: what is counted."),
    ("Model", "The part of the software that reads a passage and says which themes it finds."),
    ("Evidence", "The words of a passage that spoke for the theme; they are marked in quotes."),
    ("Label", "What a person who read the passage said: the theme is there, or it is not."),
    (
        "Tagged share",
        "The share of passages in which the model found the theme. It misses some and finds some "
        "that are none.",
    ),
    (
        "Prevalence",
        "The share of passages that truly carry the theme. Only passages that people have "
        "labelled can tell it; where there are too few of them, the tagged share stands alone.",
    ),
    (
        "Interval",
        "A 95% interval: where the prevalence lies, as far as the labels can tell; in 95 of 100 "
        "such draws of passages to label it holds the true share. The interval for these posts "
        "(corpus interval) allows for the passages that nobody labelled. The interval for posts "
        "like these (discourse interval) allows for differences between threads too; a corpus of "
        "few threads has none. Neither allows for wrong labels or for how the posts were chosen.",
    ),
    (
        "Sensitivity band",
        "The range in which the prevalence lies if the model finds 50-95% of the true passages "
        "and wrongly tags 0.5-5% of the others. These are assumptions, not measurements: if the "
        "model finds fewer, the prevalence lies above the band.",
    ),
    (
        "Positive labels",
        "How many of the labelled passages carry the theme. Passages that look promising are drawn "
        "more often, so this is no estimate of the prevalence.",
    ),
    (
        "Alpha",
        "Krippendorff's alpha: how far people who labelled the same passages agree. 1 is always, 0 "
        "is as often as chance would have it. From 0.8 on labels are called reliable, from 0.667 "
        "on good for tentative conclusions; counted on few passages, alpha is itself uncertain.",
    ),
    (
        "Labels saved",
        "How many times as many labels a plain random sample would need for the same precision.",
    ),
]
