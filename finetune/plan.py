"""What a run would do, and what its writer hardly wants of it; nothing is trained and no weight is loaded."""

from finetune import continual
from finetune.backends import base as backends
from finetune.backends import peft_backend as backend
from finetune.data import Dataset, load_dataset
from finetune.recipe import Recipe
from finetune.training.gpu_room import free_of_gpu, memory_lines
from finetune.training.schedule import total_steps

# Fewer than these hardly move an adapter, whose B starts at zero and whose rate warms up first.
FEW_STEPS = 20


def plan_lines(recipe: Recipe) -> list[str]:
    """What a run would do, after checking base, tokenizer and data, without loading a weight."""
    tokenizer = backend.load_tokenizer(recipe)
    backend.check_targets(recipe)
    dataset = load_dataset(recipe, tokenizer)
    earlier = continual.check(recipe, backend.load_of(recipe))
    steps = total_steps(recipe, dataset)
    row, train, held_out = recipe.row, recipe.train, len(dataset.validation)
    rows = f"{train.batch} x {train.accumulate} rows of up to {recipe.data.max_tokens:,}"
    tasks = f", tasks: {', '.join(dataset.tasks)}" if row.multi_task else ""
    return [
        f"Base:     {backend.describe_base(recipe)}",
        f"Data:     {len(dataset.train):,} examples ({dataset.replayed:,} replayed), {held_out:,} held out{tasks}",
        f"Method:   {row.name} ({row.paper}), rank {recipe.method.rank}, export: {row.export}. {row.note}",
        *([f"Goes on:  {continual.line(earlier, recipe)}"] if earlier else []),
        f"Training: {steps:,} steps of {rows} tokens, rate {train.lr:g}, {train.schedule}",
        *(f"Warning:  {line}" for line in warnings_about(recipe, dataset)),
        "Backend:  {}: {}".format(*backends.decide(recipe)),
        *(f"Memory:   {line}" for line in memory_lines(recipe, free_of_gpu())),
        f"Result:   {recipe.run.folder}",
    ]


def warnings_about(recipe: Recipe, dataset: Dataset) -> list[str]:
    """What a recipe and its data may do and its writer hardly wants."""
    found, held_out, steps = [], len(dataset.validation), total_steps(recipe, dataset)
    if not held_out:
        found.append(
            "nothing is held out, so nothing will say how well it does on what it has not seen, and run.patience never "
            "stops it. Raise data.validation_share, or name a data.validation."
        )
    if dataset.also_trained:
        found.append(
            f"{dataset.also_trained:,} of {held_out:,} held-out examples are trained on too, so their loss does not "
            "say how well it does on new ones. Take them out of data.validation or of data.train."
        )
    if steps < FEW_STEPS and not recipe.train.steps:
        found.append(
            f"{steps} steps teach little. Raise train.epochs ({recipe.train.epochs:g}), or lower train.batch or "
            "train.accumulate."
        )
    return found
