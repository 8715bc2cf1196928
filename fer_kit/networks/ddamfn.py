"""DDAMFN: convolutions of several sizes side by side, and attention from two directions.

Zhang, Zhang, Zhang, Xu & Zeng, "A Dual-Direction Attention Mixed Feature Network for Facial
Expression Recognition", Electronics 12(17), 3595, 2023. The details are those of the authors' code,
which leaves out some layers that it declares.
"""

from itertools import accumulate
from math import ceil
from typing import NamedTuple

import keras
from keras import layers, ops

from fer_kit.networks import scaled

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class Stage(NamedTuple):
    """One row of the backbone's table.

    Attributes:
        name: of the stage, and of the layer that it ends in.
        filters: channels that leave it.
        blocks: how many there are.
        stride: of each block. Blocks of stride 1 add what came in to what goes out.
        kernels: kernel size → how many of the expanded channels it looks at.
    """

    name: str
    filters: int
    blocks: int
    stride: int
    kernels: dict[int, int]


STAGES = (
    Stage("conv_23", 64, 1, 2, {3: 64, 5: 32, 7: 32}),
    Stage("conv_3", 64, 9, 1, {3: 96, 5: 32}),
    Stage("conv_34", 128, 1, 2, {3: 128, 5: 64, 7: 64}),
    Stage("conv_4", 128, 16, 1, {3: 192, 5: 64}),
    Stage("conv_45", 256, 1, 2, {3: 256, 5: 256, 7: 256, 9: 256}),
    Stage("conv_5", 256, 6, 1, {3: 172, 5: 170, 7: 170}),
)


def ddamfn(
    input_shape: tuple[int, int, int] = (112, 112, 3),
    classes: int = 7,
    *,
    width: float = 1.0,
    depth: float = 1.0,
    heads: int = 2,
    size: int | None = None,
) -> keras.Model:
    """The mixed-feature backbone and its attention: 4,105,999 parameters to train for 7 emotions.

    Only layers of Keras are in it, so that a saved file needs nothing else. Train it with
    `fer_kit.attention.WithAttentionLoss`, which keeps the heads apart. Do not compile it with XLA
    (`jit_compile=True`) on a processor: depthwise convolutions take 40 to 100 times as long there.
    Lesson 07.

    Args:
        input_shape: (height, width, channels) of pictures in [0, 1]. Grey ones are copied to three
            channels, and all are brought to the mean and deviation of ImageNet, as published.
        classes: number of emotions.
        width: multiplies the number of filters, at least 8 in each group.
        depth: multiplies the number of residual blocks and rounds up; 0 leaves none.
        heads: number of attention heads.
        size: side in pixels to which the network scales its input itself; None leaves it.

    Returns:
        A model from (N, *input_shape) to probabilities (N, classes). Its layers "head1", "head2", …
        give each head's map, (N, h, w, filters), 0 to 1, where h and w are a sixteenth of the size.
    """
    inputs = keras.Input(input_shape, name="face")
    maps = backbone(prepared(inputs, size), width, depth)
    answers = attentive_answers(maps, classes, heads)
    return keras.Model(inputs, answers, name="ddamfn")


def prepared(x, size: int | None = None):
    """Pictures in [0, 1] as the backbone wants them: scaled, of three channels, normalised."""
    if size is not None:
        x = layers.Resizing(size, size, name="resize")(x)
    if x.shape[-1] == 1:
        x = layers.Concatenate(name="three_channels")([x, x, x])
    variance = [deviation**2 for deviation in IMAGENET_DEVIATION]
    return layers.Normalization(mean=IMAGENET_MEAN, variance=variance, name="normalise")(x)


def backbone(x, width: float = 1.0, depth: float = 1.0):
    """The mixed feature network (MFN): 112×112×3 to 7×7×512 in full, by STAGES."""
    x = convolution_block(x, scaled(64, width), kernel=3, stride=2, name="conv1")
    x = depthwise(x, 3, name="conv2_dw_conv")
    x = prelu(batch_norm(x, "conv2_dw_norm"), "conv2_dw")
    for stage in STAGES:
        blocks = 1 if stage.stride == 2 else ceil(depth * stage.blocks)
        kernels = {size: scaled(count, width) for size, count in stage.kernels.items()}
        for number in range(1, blocks + 1):
            name = stage.name if number == blocks else f"{stage.name}_{number}"
            x = mixed_block(x, scaled(stage.filters, width), kernels, stage.stride, name)
    return convolution_block(x, scaled(512, width), kernel=1, stride=1, name="conv_6_sep")


def attentive_answers(maps, classes: int, heads: int = 2):
    """From the maps to probabilities: the strongest of the heads weighs each place (lesson 07)."""
    attention = [direction_head(maps, name=f"head{number}") for number in range(1, heads + 1)]
    strongest = layers.Maximum(name="attention")(attention) if heads > 1 else attention[0]
    x = layers.Multiply(name="attended")([maps, strongest])
    x = weighted_sum(x, x.shape[1:3], name="gather")
    x = layers.Flatten(name="flatten")(x)
    # float32 also where the rest computes in float16, so that small probabilities do not vanish.
    return layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(x)


def convolution_block(x, filters: int, kernel: int, stride: int, name: str):
    """Convolution, batch normalisation, PReLU."""
    if kernel > 1:
        x = _padded(x, kernel, name)
    x = layers.Conv2D(filters, kernel, stride, use_bias=False, name=f"{name}_conv")(x)
    return prelu(batch_norm(x, f"{name}_norm"), name)


def mixed_block(x, filters: int, kernels: dict[int, int], stride: int, name: str):
    """Expand, look with kernels of several sizes, weigh by place, project; add what came in."""
    start = x
    x = convolution_block(x, sum(kernels.values()), kernel=1, stride=1, name=f"{name}_expand")
    x = mixed_depthwise(x, kernels, stride, name=f"{name}_mixed")
    x = coordinate_attention(x, name=f"{name}_attention")
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(x)
    if stride == 2:
        return batch_norm(x, name)
    return layers.Add(name=name)([start, batch_norm(x, f"{name}_norm")])


def mixed_depthwise(x, kernels: dict[int, int], stride: int, name: str):
    """Depthwise convolutions of several sizes side by side, each on its own channels.

    Nothing normalises them: the published code declares a batch normalisation and a PReLU here and
    never applies them. (Taken apart by `split`: the gradient of a slice fills all other channels
    with zeros, which took as long as the gradients of the convolutions themselves.)
    """
    ends = list(accumulate(kernels.values()))
    groups = ops.split(x, ends[:-1], axis=-1)
    looked = [
        depthwise(group, kernel, stride, name=f"{name}_{kernel}x{kernel}")
        for kernel, group in zip(kernels, groups, strict=True)
    ]
    return layers.Concatenate(name=name)(looked)


def depthwise(x, kernel: int, stride: int = 1, *, name: str):
    """One filter for each channel, of `kernel`×`kernel`."""
    return layers.DepthwiseConv2D(
        kernel, stride, use_bias=False, depthwise_initializer=_start(kernel, kernel), name=name
    )(_padded(x, kernel, name))


def coordinate_attention(x, name: str):
    """Weigh each place by its row and by its column (Hou, Zhou & Feng, CVPR 2021)."""
    rows = ops.mean(x, axis=2, keepdims=True)
    columns = ops.mean(x, axis=1, keepdims=True)
    return layers.Multiply(name=name)([x, *direction_weights(rows, columns, name)])


def direction_head(x, name: str):
    """One head: a weight for each place and filter, as its row's times its column's.

    Rows and columns are summed up with learned weights here, where coordinate attention takes
    means. The head is not applied to `x` yet.
    """
    height, width = x.shape[1:3]
    rows = weighted_sum(x, (1, width), name=f"{name}_across")
    columns = weighted_sum(x, (height, 1), name=f"{name}_down")
    return layers.Multiply(name=name)(direction_weights(rows, columns, name))


def direction_weights(rows, columns, name: str):
    """What rows (N, h, 1, C) and columns (N, 1, w, C) tell, as weights 0 to 1 of these shapes."""
    height, channels = rows.shape[1], rows.shape[-1]
    line = layers.Concatenate(axis=1, name=f"{name}_line")([rows, _turned(columns)])
    x = layers.Conv2D(max(8, channels // 32), 1, name=f"{name}_squeeze")(line)
    x = batch_norm(x, f"{name}_squeeze_norm")
    x = layers.Activation("hard_silu", name=f"{name}_hswish")(x)
    rows, columns = ops.split(x, [height], axis=1)
    rows = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_rows")(rows)
    columns = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_columns")(columns)
    return rows, _turned(columns)


def weighted_sum(x, size: tuple[int, int], name: str):
    """A learned weight for each place of a window as large as the map, and batch normalisation."""
    x = layers.DepthwiseConv2D(
        size, use_bias=False, depthwise_initializer=_start(*size), name=f"{name}_sum"
    )(x)
    return batch_norm(x, name)


def batch_norm(x, name: str):
    """Batch normalisation with PyTorch's settings; its momentum of 0.1 is 0.9 here."""
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)


def prelu(x, name: str):
    """ReLU with a learned slope below 0, one for each channel, 0.25 at the start."""
    return layers.PReLU(keras.initializers.Constant(0.25), shared_axes=[1, 2], name=name)(x)


def _padded(x, kernel: int, name: str):
    """Zeros on all sides alike: with stride 2, Keras's own "same" pads one side more."""
    return layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)


def _turned(columns):
    """(N, 1, w, C) → (N, w, 1, C), and back."""
    return ops.transpose(columns, (0, 2, 1, 3))


def _start(height: int, width: int) -> keras.initializers.Initializer:
    """Evenly within ±1/√(weights of a filter), as in PyTorch.

    Keras's default counts all channels as inputs of each filter and starts far too small.
    """
    limit = (height * width) ** -0.5
    return keras.initializers.RandomUniform(-limit, limit)
