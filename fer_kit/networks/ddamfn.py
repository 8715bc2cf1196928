"""DDAMFN: a mixed-feature network whose last maps are weighed from two directions.

Zhang, Zhang, Zhang, Xu & Zeng, "A Dual-Direction Attention Mixed Feature Network for Facial
Expression Recognition", Electronics 12(17), 3595, 2023.
"""

from itertools import accumulate
from typing import NamedTuple

import keras
from keras import layers, ops

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Stage(NamedTuple):
    """One row of the backbone's table.

    Attributes:
        name: of the stage, and of the layer in which it ends.
        filters: channels that leave it.
        blocks: how many blocks; those of stride 1 add their input to their output.
        stride: of each block.
        kernels: kernel size → how many channels it gets.
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
    width: float = 1.0,
    depth: float = 1.0,
    heads: int = 2,
    size: int | None = None,
) -> keras.Model:
    """The backbone and its attention: 4,105,999 trainable parameters for 7 emotions.

    Args:
        input_shape: (height, width, channels) of pictures in [0, 1]. Grey ones are copied to three
            channels, and all are normalised by the mean and deviation of ImageNet, as published.
        classes: number of emotions.
        width: multiplies the number of filters.
        depth: multiplies the number of residual blocks.
        heads: number of attention heads.
        size: side in pixels to which the network itself scales what it gets; None leaves it.

    Returns:
        A model from (N, *input_shape) to probabilities (N, classes). Its layers "head1", "head2", …
        give the attention maps (N, h, w, filters), 0 to 1; h and w are a sixteenth of the size.

    Introduced in notebooks/07_ddamfn.ipynb.
    """
    inputs = keras.Input(input_shape, name="face")
    x = prepared(inputs, size)
    maps = backbone(x, width, depth)
    attention = [direction_head(maps, name=f"head{number}") for number in range(1, heads + 1)]
    strongest = layers.Maximum(name="attention")(attention) if heads > 1 else attention[0]
    x = layers.Multiply(name="attended")([maps, strongest])
    x = layers.DepthwiseConv2D(
        x.shape[1:3], use_bias=False, depthwise_initializer=_uniform(*x.shape[1:3]), name="gather"
    )(x)
    x = _batch_norm("gather_norm")(x)
    x = layers.Flatten(name="flatten")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="ddamfn")


def prepared(x, size: int | None):
    if size is not None:
        x = layers.Resizing(size, size, name="resize")(x)
    if x.shape[-1] == 1:
        x = layers.Concatenate(name="three_channels")([x, x, x])
    variance = [deviation**2 for deviation in IMAGENET_STD]
    return layers.Normalization(mean=IMAGENET_MEAN, variance=variance, name="normalise")(x)


def backbone(x, width: float = 1.0, depth: float = 1.0):
    filters = _scaled(64, width)
    x = convolution_block(x, filters, 3, 2, name="conv1")
    x = depthwise_block(x, 3, name="conv2_dw")
    for stage in STAGES:
        blocks = stage.blocks if stage.blocks == 1 else max(1, round(depth * stage.blocks))
        kernels = {size: _scaled(count, width) for size, count in stage.kernels.items()}
        for number in range(1, blocks + 1):
            last = number == blocks
            name = stage.name if last else f"{stage.name}_{number}"
            x = mixed_block(x, _scaled(stage.filters, width), kernels, stage.stride, name)
    return convolution_block(x, _scaled(512, width), 1, 1, name="conv_6_sep")


def convolution_block(x, filters: int, kernel: int, stride: int, name: str):
    x = _padded(x, kernel, name)
    x = layers.Conv2D(filters, kernel, stride, use_bias=False, name=f"{name}_conv")(x)
    x = _batch_norm(f"{name}_norm")(x)
    return _prelu(name)(x)


def depthwise_block(x, kernel: int, name: str):
    x = _depthwise(x, kernel, 1, f"{name}_conv")
    x = _batch_norm(f"{name}_norm")(x)
    return _prelu(name)(x)


def mixed_block(x, filters: int, kernels: dict[int, int], stride: int, name: str):
    start = x
    x = convolution_block(x, sum(kernels.values()), 1, 1, name=f"{name}_expand")
    x = mixed_depthwise(x, kernels, stride, name)
    x = coordinate_attention(x, name=f"{name}_attention")
    is_residual = stride == 1
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(x)
    x = _batch_norm(f"{name}_norm" if is_residual else name)(x)
    return layers.Add(name=name)([start, x]) if is_residual else x


def mixed_depthwise(x, kernels: dict[int, int], stride: int, name: str):
    ends = list(accumulate(kernels.values()))
    groups = ops.split(x, ends[:-1], axis=-1)
    groups = [
        _depthwise(group, kernel, stride, f"{name}_{kernel}x{kernel}")
        for group, kernel in zip(groups, kernels, strict=True)
    ]
    return layers.Concatenate(name=f"{name}_mixed")(groups)


def coordinate_attention(x, name: str):
    height, width, channels = x.shape[1:]
    rows = ops.mean(x, axis=2, keepdims=True)
    columns = ops.transpose(ops.mean(x, axis=1, keepdims=True), (0, 2, 1, 3))
    rows, columns = both_directions(rows, columns, channels, name)
    return layers.Multiply(name=name)([x, rows, columns])


def both_directions(rows, columns, channels: int, name: str):
    """Shared by."""
    height = rows.shape[1]
    x = layers.Concatenate(axis=1, name=f"{name}_line")([rows, columns])
    x = layers.Conv2D(max(8, channels // 32), 1, name=f"{name}_squeeze")(x)
    x = _batch_norm(f"{name}_squeeze_norm")(x)
    x = layers.Activation("hard_silu", name=f"{name}_hswish")(x)
    rows, columns = ops.split(x, [height], axis=1)
    rows = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_rows")(rows)
    columns = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_columns")(columns)
    return rows, ops.transpose(columns, (0, 2, 1, 3))


def direction_head(x, name: str):
    height, width, channels = x.shape[1:]
    rows = layers.DepthwiseConv2D((1, width), use_bias=False, depthwise_initializer=_uniform(1,width), name=f"{name}_across")(x)
    rows = _batch_norm(f"{name}_across_norm")(rows)
    columns = layers.DepthwiseConv2D((height, 1), use_bias=False, depthwise_initializer=_uniform(height,1), name=f"{name}_down")(x)
    columns = _batch_norm(f"{name}_down_norm")(columns)
    rows, columns = both_directions(rows, ops.transpose(columns, (0, 2, 1, 3)), channels, name)
    return layers.Multiply(name=name)([rows, columns])


def _padded(x, kernel, name):
    return layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x) if kernel > 1 else x


def _depthwise(x, kernel: int, stride: int, name: str):
    if stride > 1:
        x = _padded(x, kernel, name)
    return layers.DepthwiseConv2D(kernel, stride, padding="same" if stride == 1 else "valid", use_bias=False, depthwise_initializer=_uniform(kernel, kernel), name=name)(x)


def _uniform(height, width):
    limit = (height * width) ** -0.5
    return keras.initializers.RandomUniform(-limit, limit)


def _batch_norm(name):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)


def _prelu(name):
    return layers.PReLU(keras.initializers.Constant(0.25), shared_axes=[1, 2], name=name)


def _scaled(size: int, width: float) -> int:
    return max(8, round(size * width))
