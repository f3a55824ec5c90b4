# SPDX-License-Identifier: Apache-2.0
"""Single nodes of com.microsoft, several per operator, for write_microsoft_cases.py. Each family is a generator of cases."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Case:
    """A node: inputs by position (None: absent), attributes, and how many outputs it has (None in `outputs`: one without a name)."""

    name: str
    op: str
    inputs: list
    attributes: dict = field(default_factory=dict)
    outputs: tuple = (True,)
    half: bool = False  # also with all f32 as f16
    steps: int = 0  # how far apart quantized results may be
    domain: str = "com.microsoft"


class Numbers:
    """Seeded tensors."""

    def __init__(self, seed=7):
        self.random = np.random.default_rng(seed)

    def floats(self, *shape, scale=1.0):
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def positive(self, *shape):
        return self.random.uniform(0.5, 1.5, shape).astype(np.float32)

    def integers(self, low, high, *shape, type=np.int64):
        return self.random.integers(low, high, shape).astype(type)

    def u8(self, *shape):
        return self.integers(0, 256, *shape, type=np.uint8)

    def i8(self, *shape):
        return self.integers(-127, 128, *shape, type=np.int8)


def scalar(value, type=np.float32):
    return np.array(value, type)


def gelu_cases(n):
    yield Case("gelu", "Gelu", [n.floats(2, 3, 8)], half=True)
    yield Case("bias_gelu", "BiasGelu", [n.floats(2, 3, 8), n.floats(8)], half=True)
    yield Case("fast_gelu", "FastGelu", [n.floats(2, 3, 8)], half=True)
    yield Case("fast_gelu_bias", "FastGelu", [n.floats(2, 3, 8), n.floats(8)], half=True)
    yield Case("quick_gelu", "QuickGelu", [n.floats(2, 3, 8)], half=True)
    yield Case("quick_gelu_alpha", "QuickGelu", [n.floats(2, 3, 8)], {"alpha": 0.7})


def fused_cases(n):
    x, w, b = n.floats(1, 4, 8, 7), n.floats(6, 4, 3, 3, scale=0.3), n.floats(6)
    conv = {"pads": [1, 1, 1, 1], "strides": [2, 1], "kernel_shape": [3, 3]}
    activations = {"Relu": [], "Tanh": [], "Sigmoid": [], "LeakyRelu": [0.1], "Clip": [-0.5, 0.75], "HardSigmoid": [0.3, 0.4]}
    for name, params in activations.items():
        more = {"activation_params": params} if params else {}
        yield Case(f"fused_conv_{name.lower()}", "FusedConv", [x, w, b], {**conv, "activation": name, **more}, half=name == "Relu")
    yield Case("fused_conv_no_bias", "FusedConv", [x, w], {"activation": "Relu"})
    yield Case("fused_conv_group", "FusedConv", [x, n.floats(6, 2, 3, 3), b], {"group": 2, "activation": "Relu", "auto_pad": "SAME_UPPER"})
    yield Case("fused_conv_sum", "FusedConv", [x, w, b, n.floats(1, 6, 4, 7)], {**conv, "activation": "Relu"})
    yield Case("fused_conv_sum_only", "FusedConv", [x, w, None, n.floats(1, 6, 4, 7)], conv)
    nhwc = np.ascontiguousarray(x.transpose(0, 2, 3, 1))

    a, b, c = n.floats(3, 5), n.floats(5, 4), n.floats(4)
    yield Case("fused_gemm", "FusedGemm", [a, b, c], {"activation": "Relu"}, half=True)
    yield Case("fused_gemm_factors", "FusedGemm", [a.T.copy(), b.T.copy(), c], {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0, "activation": "Tanh"})
    yield Case("fused_gemm_no_bias", "FusedGemm", [a, b], {"activation": "LeakyRelu", "activation_alpha": 0.2})
    for name, letters in {"Elu": {"alpha": 0.5}, "HardSigmoid": {"alpha": 0.3, "beta": 0.4}, "Selu": {"alpha": 1.5, "gamma": 1.1}, "Softplus": {}, "Softsign": {}, "ThresholdedRelu": {"alpha": 0.4}, "Sigmoid": {}}.items():
        yield Case(f"fused_gemm_{name.lower()}", "FusedGemm", [a, b, c], {"activation": name, **{f"activation_{k}": v for k, v in letters.items()}})

    a, b = n.floats(2, 3, 4, 5), n.floats(2, 3, 5, 6)
    yield Case("fused_matmul", "FusedMatMul", [a, b], {"alpha": 0.125}, half=True)
    yield Case("fused_matmul_trans", "FusedMatMul", [a.swapaxes(2, 3).copy(), b.swapaxes(2, 3).copy()], {"transA": 1, "transB": 1})
    yield Case("fused_matmul_broadcast", "FusedMatMul", [a, n.floats(6, 5)], {"transB": 1, "alpha": 2.0})
    yield Case("fused_matmul_vector", "FusedMatMul", [n.floats(5), n.floats(5, 6)], {"transA": 1})
    yield Case("fused_matmul_trans_batch_a", "FusedMatMul", [np.moveaxis(a, 2, 0).copy(), b], {"transBatchA": 1})
    yield Case("fused_matmul_trans_batch_b", "FusedMatMul", [a, np.moveaxis(b, 2, 0).copy()], {"transBatchB": 1})
    yield Case("fused_matmul_trans_batch_all", "FusedMatMul", [np.moveaxis(a.swapaxes(2, 3), 2, 0).copy(), np.moveaxis(b.swapaxes(2, 3), 2, 0).copy()], {"transBatchA": 1, "transBatchB": 1, "transA": 1, "transB": 1})
    yield Case("transpose_matmul", "TransposeMatMul", [a.swapaxes(2, 3).copy(), b], {"transA": 1})


def norm_cases(n):
    x, skip, gamma, beta, bias = n.floats(2, 3, 8), n.floats(2, 3, 8), n.positive(8), n.floats(8), n.floats(8)
    yield Case("skip_layer_norm", "SkipLayerNormalization", [x, skip, gamma, beta], half=True)
    yield Case("skip_layer_norm_bias_sum", "SkipLayerNormalization", [x, skip, gamma, beta, bias], {"epsilon": 0.01}, (True, None, None, True), half=True)
    yield Case("skip_layer_norm_no_beta", "SkipLayerNormalization", [x, skip, gamma, None, bias])
    yield Case("skip_layer_norm_rows", "SkipLayerNormalization", [x, n.floats(3, 8), gamma, beta])
    yield Case("skip_layer_norm_one", "SkipLayerNormalization", [x, n.floats(1, 3, 8), gamma, beta])
    small = (x * 1e-3, skip * 1e-3)
    yield Case("skip_rms_norm", "SkipSimplifiedLayerNormalization", [*small, gamma], half=False)
    yield Case("skip_rms_norm_bias_sum", "SkipSimplifiedLayerNormalization", [x, skip, gamma, bias], {"epsilon": 1e-5}, (True, None, None, True), half=True)
    yield Case("rms_norm", "SimplifiedLayerNormalization", [x, gamma], {"epsilon": 1e-5}, half=True, domain="")
    yield Case("rms_norm_axis_inv_std", "SimplifiedLayerNormalization", [x, n.positive(3, 8)], {"epsilon": 1e-5, "axis": 1, "stash_type": 1}, (True, True), domain="")
    ids, segments = n.integers(0, 11, 2, 5, type=np.int32), n.integers(0, 2, 2, 5, type=np.int32)
    words, positions, kinds = n.floats(11, 8), n.floats(7, 8), n.floats(2, 8)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)
    both = (True, True)
    yield Case("embed_layer_norm", "EmbedLayerNormalization", [ids, segments, words, positions, kinds, gamma, beta, mask], {}, both, half=True)
    yield Case("embed_layer_norm_no_mask", "EmbedLayerNormalization", [ids, segments, words, positions, kinds, gamma, beta], {"epsilon": 0.01}, both)
    yield Case("embed_layer_norm_no_segments", "EmbedLayerNormalization", [ids, None, words, positions, None, gamma, beta, mask], {}, both)
    yield Case("embed_layer_norm_positions_sum", "EmbedLayerNormalization", [ids, segments, words, positions, kinds, gamma, beta, None, n.integers(0, 7, 2, 5, type=np.int32)], {}, (True, True, True))
    yield Case("embed_layer_norm_one_position_row", "EmbedLayerNormalization", [ids, segments, words, positions, kinds, gamma, beta, mask, n.integers(0, 7, 1, 5, type=np.int32)], {}, both)
    tables = [ids, segments, n.u8(11, 8), n.u8(7, 8), n.u8(2, 8), n.u8(8), n.u8(8)]
    steps = [scalar(s) for s in (0.02, 0.03, 0.04, 0.01, 0.05)] + [scalar(z, np.uint8) for z in (120, 130, 128, 0, 128)]
    yield Case("qembed_layer_norm", "QEmbedLayerNormalization", [*tables, mask, *steps], {}, both)
    absent = [ids, None, *tables[2:4], None, *tables[5:], None, *steps[:2], None, *steps[3:7], None, *steps[8:]]
    yield Case("qembed_layer_norm_no_segments", "QEmbedLayerNormalization", absent, {}, both)


def quantization(type, scale):
    return [scalar(scale), scalar({np.uint8: 130, np.int8: -3}[type], type)]


def qlinear_cases(n):
    for type in (np.uint8, np.int8):
        t = type.__name__.replace("uint", "u").replace("int", "i")
        make = n.u8 if type is np.uint8 else n.i8
        q = lambda scale: quantization(type, scale)
        a, b = make(2, 3, 8), make(3, 1)
        yield Case(f"qlinear_add_{t}", "QLinearAdd", [a, *q(0.03), b, *q(0.05), *q(0.07)], steps=1)
        yield Case(f"qlinear_mul_{t}", "QLinearMul", [a, *q(0.03), b, *q(0.05), *q(0.07)], steps=1)
        yield Case(f"qlinear_sigmoid_{t}", "QLinearSigmoid", [a, *q(0.03), scalar(1 / 256), scalar(0 if type is np.uint8 else -128, type)], steps=1)
        yield Case(f"qlinear_leaky_relu_{t}", "QLinearLeakyRelu", [a, *q(0.03), *q(0.04)], {"alpha": 0.2}, steps=1)
        unit = [scalar(1 / 256), scalar(0 if type is np.uint8 else -128, type)]
        yield Case(f"qlinear_softmax_{t}", "QLinearSoftmax", [a, *q(0.03), *unit], {"axis": -1, "opset": 13}, steps=1)
        yield Case(f"qlinear_softmax_axis_{t}", "QLinearSoftmax", [a, *q(0.03), *unit], {"axis": 1, "opset": 13}, steps=1)
        yield Case(f"qlinear_softmax_12_{t}", "QLinearSoftmax", [a, *q(0.03), *unit], {"axis": 1, "opset": 12}, steps=1)
        image, nhwc = make(2, 5, 6, 7), make(2, 6, 7, 5)
        pool = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
        yield Case(f"qlinear_average_pool_{t}", "QLinearAveragePool", [image, *q(0.03), *q(0.02)], pool, steps=1)
        yield Case(f"qlinear_average_pool_count_{t}", "QLinearAveragePool", [image, *q(0.03), *q(0.02)], {**pool, "count_include_pad": 1}, steps=1)
        yield Case(f"qlinear_average_pool_ceil_{t}", "QLinearAveragePool", [image, *q(0.03), *q(0.02)], {**pool, "ceil_mode": 1}, steps=1)
        yield Case(f"qlinear_average_pool_nhwc_{t}", "QLinearAveragePool", [nhwc, *q(0.03), *q(0.02)], {**pool, "channels_last": 1}, steps=1)
        yield Case(f"qlinear_global_average_pool_{t}", "QLinearGlobalAveragePool", [image, *q(0.03), *q(0.01)], steps=1)
        yield Case(f"qlinear_global_average_pool_nhwc_{t}", "QLinearGlobalAveragePool", [nhwc, *q(0.03), *q(0.01)], {"channels_last": 1}, steps=1)
        yield Case(f"nhwc_max_pool_{t}", "NhwcMaxPool", [nhwc], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]})
        yield Case(f"nhwc_max_pool_ceil_{t}", "NhwcMaxPool", [nhwc], {"kernel_shape": [2, 2], "dilations": [2, 2], "strides": [2, 2], "ceil_mode": 1})
        yield Case(f"qlinear_concat_{t}", "QLinearConcat", [*q(0.07), make(2, 3), *q(0.03), make(2, 4), *q(0.05)], {"axis": 1}, steps=1)
        yield Case(f"qlinear_where_{t}", "QLinearWhere", [n.floats(2, 3, 8) > 0, a, *q(0.03), b, *q(0.05), *q(0.07)], steps=1)
        rows, columns = make(3, 6), n.i8(6, 4) // 2
        scales = n.positive(4) * 0.02
        gemm = [rows, *q(0.03), columns, scalar(0.02), scalar(0, np.int8)]
        yield Case(f"qgemm_{t}", "QGemm", [*gemm, n.integers(-300, 300, 4, type=np.int32), *q(0.05)], {"alpha": 1.0}, steps=1)
        yield Case(f"qgemm_alpha_{t}", "QGemm", [*gemm, n.integers(-300, 300, 1, 4, type=np.int32), *q(0.05)], {"alpha": 0.5}, steps=1)
        yield Case(f"qgemm_float_{t}", "QGemm", [rows, *q(0.03), columns.T.copy(), scales, np.zeros(4, np.int8)], {"transB": 1})
        yield Case(f"qgemm_columns_{t}", "QGemm", [rows.T.copy(), *q(0.03), columns, scales, np.zeros(4, np.int8), n.integers(-300, 300, 4, type=np.int32), *q(0.05)], {"transA": 1}, steps=1)
        filters = n.i8(4, 5, 3, 3) // 4
        conv = {"pads": [1, 1, 1, 1]}
        yield Case(f"qlinear_conv_nhwc_{t}", "QLinearConv", [nhwc, *q(0.03), filters, n.positive(4) * 0.02, np.zeros(4, np.int8), *q(0.1), n.integers(-300, 300, 4, type=np.int32)], {**conv, "channels_last": 1}, steps=1)


def attention_cases(n):
    """The input is [2,5,8]; two heads of four."""
    x, weights, bias = n.floats(2, 5, 8), n.floats(8, 24, scale=0.3), n.floats(24)
    heads, both, i32 = {"num_heads": 2}, (True, True), np.int32
    padded = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]], i32)
    lengths, bounds = np.array([3, 5], i32), np.array([3, 5, 1, 0], i32)
    grid = n.integers(0, 2, 2, 5, 5, type=i32) | np.eye(5, dtype=i32)
    masks = {"rows": padded, "lengths": lengths, "bounds": bounds, "grid": grid}
    past = n.floats(2, 2, 2, 3, 4)
    yield Case("attention", "Attention", [x, weights, bias], heads, half=True)
    yield Case("attention_no_bias", "Attention", [x, weights, None], heads)
    yield Case("attention_scale", "Attention", [x, weights, bias], {**heads, "scale": 0.3})
    yield Case("attention_causal", "Attention", [x, weights, bias], {**heads, "unidirectional": 1}, half=True)
    yield Case("attention_sizes", "Attention", [x, n.floats(8, 28, scale=0.3), n.floats(28)], {**heads, "qkv_hidden_sizes": [8, 8, 12]})
    for name, mask in masks.items():
        yield Case(f"attention_mask_{name}", "Attention", [x, weights, bias, mask], heads, half=name == "rows")
        yield Case(f"attention_causal_mask_{name}", "Attention", [x, weights, bias, mask], {**heads, "unidirectional": 1})
    yield Case("attention_mask_filter", "Attention", [x, weights, bias, padded], {**heads, "mask_filter_value": -2.0})
    # Beside the default of -10,000 a sum keeps steps of 0.001, so that results depend on whether it is fused.
    yield Case("attention_mask_nothing", "Attention", [x, weights, bias, np.zeros((2, 5), i32)], {**heads, "mask_filter_value": -64.0})
    yield Case("attention_scores", "Attention", [x, weights, bias, None, None, n.floats(2, 2, 5, 5)], heads)
    yield Case("attention_scores_broadcast_mask", "Attention", [x, weights, bias, padded, None, n.floats(1, 2, 5, 5)], heads)
    yield Case("attention_present", "Attention", [x, weights, bias], heads, both)
    yield Case("attention_past", "Attention", [x, weights, bias, None, past], heads, both, half=True)
    yield Case("attention_past_causal", "Attention", [x, weights, bias, None, past], {**heads, "unidirectional": 1}, both)
    yield Case("attention_past_causal_one", "Attention", [x[:, :1].copy(), weights, bias, None, past], {**heads, "unidirectional": 1}, both)
    yield Case("attention_past_empty", "Attention", [x, weights, bias, None, past[:, :, :, :0].copy()], {**heads, "unidirectional": 1}, both)
    wide = np.concatenate([np.ones((2, 3), i32), padded], 1)
    yield Case("attention_past_mask", "Attention", [x, weights, bias, wide, past], {**heads, "unidirectional": 1}, both)

    quantized = [n.u8(2, 5, 8), n.i8(8, 24) // 2, bias, scalar(0.02), scalar(0.01)]
    zeros = [scalar(128, np.uint8), scalar(2, np.int8)]
    yield Case("qattention", "QAttention", [*quantized, None, *zeros], heads)
    yield Case("qattention_mask_causal", "QAttention", [*quantized, lengths, *zeros], {**heads, "unidirectional": 1})
    yield Case("qattention_columns", "QAttention", [n.u8(2, 5, 8), n.i8(8, 24) // 2, bias, scalar(0.02), n.positive(24) * 0.01, None, scalar(120, np.uint8), np.zeros(24, np.int8)], heads)
    yield Case("qattention_past", "QAttention", [n.u8(2, 5, 8), n.i8(8, 24) // 2, bias, scalar(0.02), scalar(0.01), None, scalar(120, np.uint8), scalar(0, np.int8), past], {**heads, "unidirectional": 1}, both)


def multi_head_attention_cases(n):
    q, k, v, bias = n.floats(2, 5, 8), n.floats(2, 6, 8), n.floats(2, 6, 12), n.floats(28)
    heads, i32, three = {"num_heads": 2}, np.int32, (True, True, True)
    padded = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 0]], i32)
    op = "MultiHeadAttention"
    yield Case("mha", op, [q, k, v], heads, half=True)
    yield Case("mha_bias", op, [q, k, v, bias], heads, half=True)
    yield Case("mha_scale_present", op, [q, k, v, bias], {**heads, "scale": 0.2}, three)
    yield Case("mha_heads_kv", op, [q, n.floats(2, 2, 6, 4), n.floats(2, 2, 6, 4)], heads)
    yield Case("mha_heads_kv_bias", op, [q, n.floats(2, 2, 6, 4), n.floats(2, 2, 6, 4), n.floats(24)], heads)
    yield Case("mha_mask_lengths", op, [q, k, v, None, np.array([3, 6], i32)], heads)
    yield Case("mha_mask_rows", op, [q, k, v, bias, padded], heads)
    yield Case("mha_mask_grid", op, [q, k, v, None, n.integers(0, 2, 2, 5, 6, type=i32) | np.eye(5, 6, dtype=i32)], heads)
    yield Case("mha_mask_filter", op, [q, k, v, None, padded], {**heads, "mask_filter_value": -3.0})
    yield Case("mha_scores", op, [q, k, v, bias, None, n.floats(2, 2, 5, 6)], heads)
    yield Case("mha_scores_one", op, [q, k, v, bias, padded, n.floats(1, 1, 5, 6)], heads)
    own = [q, n.floats(2, 5, 8), n.floats(2, 5, 8)]
    past = [n.floats(2, 2, 3, 4), n.floats(2, 2, 3, 4)]
    yield Case("mha_causal", op, own, {**heads, "unidirectional": 1})
    yield Case("mha_past", op, [*own, n.floats(24), None, None, *past], heads, three)
    yield Case("mha_past_causal", op, [*own, None, None, None, *past], {**heads, "unidirectional": 1}, three)
    yield Case("mha_past_scores", op, [*own, None, None, n.floats(2, 2, 5, 8), *past], heads, three)
    yield Case("mha_past_mask", op, [*own, None, np.array([[1] * 8, [1] * 6 + [0] * 2], i32), None, *past], heads, three)


def rotary_cases(n):
    cache = [n.floats(9, 4), n.floats(9, 4)]
    x, ids = n.floats(2, 3, 16), n.integers(0, 9, 2, 3)
    op = "RotaryEmbedding"
    for interleaved in (0, 1):
        yield Case(f"rotary_{interleaved}", op, [x, ids, *cache], {"interleaved": interleaved}, half=True)
        yield Case(f"rotary_from_{interleaved}", op, [x, np.array([4], np.int64), *cache], {"interleaved": interleaved})
        yield Case(f"rotary_heads_{interleaved}", op, [n.floats(2, 2, 3, 8), ids, *cache], {"interleaved": interleaved})
        part = [n.floats(9, 2), n.floats(9, 2)]
        yield Case(f"rotary_part_{interleaved}", op, [x, ids, *part], {"interleaved": interleaved, "num_heads": 2, "rotary_embedding_dim": 4})
    yield Case("rotary_scale", op, [x, ids, *cache], {"scale": 2.0})


def group_query_cases(n):
    """Four heads of 16 share two of keys and values."""
    op, i32, three = "GroupQueryAttention", np.int32, (True, True, True)
    base = {"num_heads": 4, "kv_num_heads": 2}

    def own(samples, tokens):
        return [n.floats(samples, tokens, 64), n.floats(samples, tokens, 32), n.floats(samples, tokens, 32)]

    def case(name, samples, tokens, held=0, room=None, past=None, attributes={}, more=(), **rest):
        """`held`: tokens in the cache, one number or one per sample; `room`: the cache's length."""
        held = np.broadcast_to(np.array(held, i32), samples)
        room = int(held.max()) if room is None else room
        caches = [None, None]
        if room:
            caches = [n.floats(samples, 2, room, 16), n.floats(samples, 2, room, 16)]
            for cache in caches:
                for sample, count in zip(cache, held):
                    sample[:, count:] = 0
        last, total = held + tokens - 1, np.array(held.max() + tokens, i32)
        return Case(name, op, [*own(samples, tokens), *caches, last.astype(i32), total, *more], {**base, **attributes}, three, **rest)

    cache = [n.floats(16, 8), n.floats(16, 8)]
    yield case("gqa_prompt", 2, 5, half=True)
    yield case("gqa_prompt_scale_softcap", 1, 5, attributes={"scale": 0.4, "softcap": 2.0})
    yield case("gqa_prompt_window", 1, 6, attributes={"local_window_size": 2})
    yield case("gqa_prompt_rotary", 1, 5, attributes={"do_rotary": 1}, more=cache, half=True)
    yield case("gqa_prompt_rotary_interleaved", 2, 5, attributes={"do_rotary": 1, "rotary_interleaved": 1}, more=cache)
    yield case("gqa_prompt_room", 1, 4, room=9, attributes={"do_rotary": 1}, more=cache)
    yield case("gqa_prompt_scores", 1, 5, more=[None, None, None, n.floats(1, 4, 5, 5)])
    yield case("gqa_prompt_sink", 1, 5, more=[None, None, None, None, n.floats(4)])
    yield case("gqa_prompt_smooth", 1, 5, attributes={"smooth_softmax": 1})
    yield case("gqa_prompt_both_ways", 2, 5, attributes={"causal": 0})
    yield case("gqa_step", 1, 1, held=6, half=True)
    yield case("gqa_step_rotary", 2, 1, held=6, attributes={"do_rotary": 1}, more=cache)
    yield case("gqa_step_room", 1, 1, held=6, room=10, attributes={"do_rotary": 1}, more=cache)
    yield case("gqa_step_ragged", 2, 1, held=(3, 6), room=8, attributes={"do_rotary": 1}, more=cache)
    yield case("gqa_step_window", 1, 1, held=6, attributes={"local_window_size": 3})
    yield case("gqa_step_scores_sink", 1, 1, held=6, more=[None, None, None, n.floats(1, 4, 1, 7), n.floats(4)])
    yield case("gqa_chunk", 1, 3, held=4, attributes={"do_rotary": 1}, more=cache)
    yield case("gqa_chunk_room_window", 1, 3, held=4, room=10, attributes={"local_window_size": 3, "softcap": 5.0})
    yield case("gqa_chunk_positions", 1, 3, held=4, attributes={"do_rotary": 1}, more=[*cache, n.integers(0, 16, 1, 3)])
    lengths = [*cache, *[None] * 7, np.array([3, 3], i32)]
    yield case("gqa_chunks_of_lengths", 2, 3, held=(4, 6), room=12, attributes={"do_rotary": 1}, more=lengths)
    large = [n.floats(1, 5, 128), n.floats(1, 5, 64), n.floats(1, 5, 64), None, None, np.array([4], i32), scalar(5, i32)]
    yield Case("gqa_prompt_rotary_part", op, [*large, *cache], {**base, "do_rotary": 1}, three)
    packed = n.floats(2, 5, 128)
    yield Case("gqa_packed", op, [packed, None, None, None, None, np.array([4, 4], i32), scalar(5, i32)], base, three)
    yield Case("gqa_packed_rotary", op, [packed, None, None, None, None, np.array([4, 4], i32), scalar(5, i32), *cache], {**base, "do_rotary": 1}, three)


def few_bits_cases(n):
    rows, columns = 6, 40
    a = n.floats(2, 3, columns)
    for bits in (2, 4, 8):
        for block in (16, 32):
            blocks = -(-columns // block)
            packed, scales = n.u8(rows, blocks, block * bits // 8), n.positive(rows, blocks) * (0.8 / 2**bits)
            zeros = n.u8(rows, (blocks * bits + 7) // 8)
            attributes = {"N": rows, "K": columns, "bits": bits, "block_size": block}
            name = f"matmul_{bits}bits_{block}"
            yield Case(name, "MatMulNBits", [a, packed, scales], attributes, half=True)
            yield Case(f"{name}_zeros", "MatMulNBits", [a, packed, scales, zeros], attributes)
            if bits < 8:
                yield Case(f"{name}_float_zeros", "MatMulNBits", [a, packed, scales, n.positive(rows, blocks) * 3], attributes)
            yield Case(f"{name}_bias", "MatMulNBits", [a, packed, scales, zeros, None, n.floats(rows)], attributes)
            yield Case(f"{name}_flat", "MatMulNBits", [a, packed, scales.reshape(-1), zeros.reshape(-1)], attributes)
    groups = n.integers(0, 3, 40, type=np.int32)
    yield Case("matmul_4bits_groups", "MatMulNBits", [a, n.u8(rows, 3, 8), n.positive(rows, 3), None, groups], {"N": rows, "K": columns, "bits": 4, "block_size": 16})


def integer_product_cases(n):
    a, b = n.u8(2, 3, 6), n.i8(6, 4) // 2
    zero = scalar(120, np.uint8)
    op = "MatMulIntegerToFloat"
    yield Case("matmul_integer_to_float", op, [a, b, scalar(0.02), scalar(0.03)])
    yield Case("matmul_integer_to_float_zeros_bias", op, [a, b, scalar(0.02), scalar(0.03), zero, scalar(2, np.int8), n.floats(4)])
    yield Case("matmul_integer_to_float_columns", op, [a, b, scalar(0.02), n.positive(4), zero, n.i8(4) // 8])
    op = "DynamicQuantizeMatMul"
    yield Case("dynamic_quantize_matmul", op, [n.floats(2, 3, 6), b, scalar(0.03)])
    yield Case("dynamic_quantize_matmul_columns_bias", op, [n.floats(2, 3, 6), b, n.positive(4) * 0.03, n.i8(4) // 8, n.floats(4)])


FAMILIES = (
    gelu_cases,
    fused_cases,
    norm_cases,
    qlinear_cases,
    attention_cases,
    multi_head_attention_cases,
    rotary_cases,
    group_query_cases,
    few_bits_cases,
    integer_product_cases,
)


def all_cases():
    for family in FAMILIES:
        yield from family(Numbers())
