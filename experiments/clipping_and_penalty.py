"""What weight clipping does to a critic that a gradient penalty does not: WGAN-GP, figure 1.

Gulrajani et al. 2017. The generator is fixed at real + N(0, I) and only the critic learns: level
lines on three toys, hidden weights, and the slope of the score in each layer of a deep critic.
Narrower than the paper's 512 units, hence a wider box: at width 128 and c = 0.1 the initial
weights, U(-1/sqrt(128), 1/sqrt(128)), lie inside of it and what piles up at its walls was pushed.
Higher rates than its 5e-5 and 1e-4, for fewer updates. The deep critic starts as the paper's (He
et al. 2015) and is then cut to its box.

Cost: 107 s of CPU time (3 minutes on 2 cores at load 7).
Expect: 0 % of the clipped weights start at the walls, 72 to 74 % end there. The penalised critic's
  slope is 1.00 to 1.03. Of W1 = 0.82, 0.60, 0.62 its gap over its steepest slope tells 0.68, 0.48,
  0.48, the clipped one's 0.36, 0.40, 0.40. A layer multiplies the deep critic's slope by 7.7 at
  c = 0.1, 0.07 at 0.01, 0.01 at 0.001, and 0.92 with the penalty. The two small boxes do so from
  the start and stay: the slopes that reach the weights are below RMSProp's eps. One seed.
Run: python -m experiments.clipping_and_penalty
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments import show
from jaxgan import data, metrics, theory
from jaxgan.losses import ADVERSARIAL, PENALTIES, Critic
from jaxgan.losses.penalties import input_gradient_norms, interpolate
from jaxgan.models import CRITICS, network
from jaxgan.step import optim

# The authors' toys (gan_toy.py), whose ring and grid are brought to the size of the roll.
TOYS = {
    "8 Gaussians": ("ring", {"radius": 2 / 1.414, "std": 0.02 / 1.414}),
    "25 Gaussians": ("grid", {"spacing": 2 / 2.828, "std": 0.05 / 2.828}),
    "swiss roll": ("swiss_roll", {"noise": 0.25}),
}
LAMBDA = 10.0  # the paper, everywhere
BOX = 0.1  # c, of the three surfaces
BOXES = (0.1, 0.01, 0.001)  # c, of the deep critic: the paper's three
DEPTH = 12  # its hidden layers
FREE = np.inf  # the box of a critic that is not clipped


# How a critic is held: the weight of its penalty and its optimiser.
CLIPPING = 0.0, optim.optimizer("rmsprop", learning_rate=2e-4)
PENALTY = LAMBDA, optim.optimizer("adam", learning_rate=1e-3, b1=0.5, b2=0.9)


def critic_network(depth, width, initializer):
    """A ReLU critic of points in the plane, without normalisation."""
    module = CRITICS["toy"](features=(width,) * depth, initializer=initializer)
    return network.network(module, ("x",), {"x": (2,)})


@partial(jax.jit, static_argnums=0)
def score(critic, params, x):
    """Points [N, 2] -> scores [N]."""
    return critic.apply({"params": params}, {"x": x}, train=True)[0]["score"]


def against_noise(points, key, number):
    """Real points and the fixed generator's: the same, moved by N(0, I)."""
    key_rows, key_noise = jax.random.split(key)
    real = points[jax.random.randint(key_rows, (number,), 0, len(points))]
    return real, real + jax.random.normal(key_noise, real.shape)


@partial(jax.jit, static_argnums=(0, 1, 5, 6))
@partial(jax.vmap, in_axes=(None, None, 0, 0, None, None, None))
def fit(critic, way, points, box, key, steps, batch):
    """Train S critics on points [S, N, 2] in boxes [S] -> parameters before and after, [S, ...]."""
    weight, optimizer = way
    optimizer = optax.chain(optimizer, optim.clip_weights(box))
    key_init, key = jax.random.split(key)
    start = critic.init(key_init)["params"]

    def loss(params, key):
        key_batch, key_penalty = jax.random.split(key)
        real, fake = against_noise(points, key_batch, batch)
        scores = partial(score, critic, params)
        losses = ADVERSARIAL["wasserstein"]().critic(scores(real), scores(fake))
        if weight:
            keys = jax.random.split(key_penalty, batch)
            penalty = PENALTIES["gradient_penalty"]()
            losses += weight * penalty(Critic(scores), real, fake, keys)
        return losses.mean()

    def update(carry, key):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params, key), state, params)
        return (optax.apply_updates(params, updates), state), None

    carry = (start, optimizer.init(start))
    (params, _), _ = jax.lax.scan(update, carry, jax.random.split(key, steps))
    return start, params


def take(trees, i):
    """Number i of a stack of parameters."""
    return jax.tree.map(lambda leaf: leaf[i], trees)


def in_order(params):
    """The layers' parameters, first layer first."""
    return [params[name] for name in sorted(params, key=lambda name: int(name.split("_")[1]))]


@partial(jax.jit, static_argnums=0)
@partial(jax.vmap, in_axes=(None, None, 0))
def gradients_of(critic, params, row):
    """The gradient of each point's score in the parameters, leaves [N, ...]."""
    return jax.grad(lambda params: score(critic, params, row[None])[0])(params)


def slopes(critic, params, x):
    """Mean norm of the score's gradient in each layer's pre-activations, [layers].

    The gradient in a layer's bias is that in its pre-activations, an example at a time.
    """
    gradients = in_order(jax.device_get(gradients_of(critic, params, x)))
    # In float64: the squares of what is left of a slope after twelve layers are 0 in float32.
    rows = (layer["bias"].astype(np.float64) for layer in gradients)
    return np.array([np.linalg.norm(row, axis=1).mean() for row in rows])


def factor(slopes):
    """By how much the slope grows with each layer back towards the input, geometric mean."""
    return (slopes[0] / slopes[-2]) ** (1 / (len(slopes) - 2))


def hidden_weights(params):
    """All kernels between hidden layers, flat."""
    return np.concatenate([np.ravel(layer["kernel"]) for layer in in_order(params)[1:-1]])


def at_the_walls(weights, box):
    """Share of the weights within a hundredth of the box's walls."""
    return np.mean(np.abs(weights) >= 0.99 * box)


def judge(critic, params, points, number=1000):
    """A critic's slope between the sides, gap, gap over its steepest slope; the exact distance.

    By Kantorovich and Rubinstein the third is no more than the fourth.
    """
    key = jax.random.key(1)
    real, fake = against_noise(points, key, number)
    scores = partial(score, critic, params)
    between = interpolate(real, fake, jax.random.split(key, number))
    steepest = theory.steepest_gradient(scores, jnp.concatenate([real, fake, between]))
    gap = scores(real).mean() - scores(fake).mean()
    distance = metrics.wasserstein(np.asarray(real), np.asarray(fake))
    return [float(input_gradient_norms(scores, between).mean()), gap, gap / steepest, distance]


def run(steps, deep_steps, width, batch, size=20_000):
    """Train both ways.

    Returns points [3, size, 2], the shallow network, surfaces: way -> parameters (before, after),
    leaves [3, ...], one a toy, and deep: name -> slopes by layer on the swiss roll, [DEPTH + 1].
    """
    key = jax.random.key(0)
    loaded = [data.load(n, options={**o, "points": size}).arrays()["x"] for n, o in TOYS.values()]
    points = jnp.stack(loaded)
    shallow, deep = critic_network(3, width, "torch"), critic_network(DEPTH, width, "he")
    found = {"points": points, "shallow": shallow, "surfaces": {}, "deep": {}}
    for name, way, box in (("clipping", CLIPPING, BOX), ("penalty", PENALTY, FREE)):
        boxes = jnp.full(len(TOYS), box)
        found["surfaces"][name] = fit(shallow, way, points, boxes, key, steps, batch)
    for way, boxes in ((CLIPPING, BOXES), (PENALTY, (FREE,))):
        rolls = jnp.broadcast_to(points[-1], (len(boxes), size, 2))
        _, params = fit(deep, way, rolls, jnp.array(boxes), key, deep_steps, batch)
        for i, box in enumerate(boxes):
            name = "penalty" if box == FREE else f"clipping, c = {box:g}"
            found["deep"][name] = slopes(deep, take(params, i), points[-1][:256])
    return found


def tables(found):
    """Both tables as text."""
    rows = []
    for i, toy in enumerate(TOYS):
        for name, stages in found["surfaces"].items():
            told = judge(found["shallow"], take(stages[1], i), found["points"][i])
            walls = [f"{100 * at_the_walls(hidden_weights(take(p, i)), BOX):.0f} %" for p in stages]
            walls = walls if name == "clipping" else ["-", "-"]
            rows.append([toy, name, *walls, *(f"{number:.3f}" for number in told)])
    deep = [
        [name, f"{layers[0]:.1e}", f"{layers[-2]:.1e}", f"{factor(layers):.2f}"]
        for name, layers in found["deep"].items()
    ]
    heads = ["data", "critic", "at the walls before", "after", "slope", "gap", "gap / steepest"]
    first = show.table([*heads, "exact W1"], rows)
    heads = ["deep critic", "slope, layer 1", f"layer {DEPTH}", "factor a layer"]
    return first + "\n\n" + show.table(heads, deep)


def draw_surface(axis, found, name, i):
    """Level lines of a critic, and the data."""
    line = np.linspace(-2.5, 2.5, 121)
    grid = jnp.asarray(np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2))
    levels = score(found["shallow"], take(found["surfaces"][name][1], i), grid)
    levels = np.asarray(levels).reshape(len(line), -1)
    axis.contour(line, line, levels, 16, cmap="viridis", linewidths=1)
    axis.plot(*np.asarray(found["points"][i][:800]).T, ".", color=show.COLOURS[1], markersize=2)
    axis.set(xticks=[], yticks=[], aspect="equal", title=f"{list(TOYS)[i]}, {name}")


def figure(found):
    """Surfaces above (clipping) and below (penalty); to their right slopes and weights."""
    canvas, axes = show.panels(2, 4, width=3.2, height=3.3)
    deep, hidden = axes[:, 3]
    bins = np.linspace(-4 * BOX, 4 * BOX, 101)
    for row, colour, name in zip(axes, show.COLOURS, found["surfaces"], strict=False):
        for i in range(len(TOYS)):
            draw_surface(row[i], found, name, i)
        weights = hidden_weights(take(found["surfaces"][name][1], len(TOYS) - 1))
        hidden.hist(weights, bins, log=True, alpha=0.6, label=name, color=colour)
    hidden.set(title="hidden weights, swiss roll", xlabel="weight", ylabel="count")
    for colour, (name, layers) in zip(show.COLOURS, found["deep"].items(), strict=False):
        deep.semilogy(np.arange(1, len(layers) + 1), layers, "o-", label=name, color=colour)
    title = f"{DEPTH}-layer critic, swiss roll"
    deep.set(title=title, xlabel="layer", ylabel="|gradient of the score|")
    for axis in (deep, hidden):
        axis.legend(fontsize=8)
    return canvas


def main():
    """Train, print, draw."""
    options = vars(show.arguments(__doc__, steps=3000, deep_steps=1000, width=128, batch=128))
    out = options.pop("out")
    found = run(**options)
    print(tables(found))
    show.save(figure(found), out, "clipping_and_penalty")


if __name__ == "__main__":
    main()
