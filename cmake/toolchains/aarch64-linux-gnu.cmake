# SPDX-License-Identifier: MIT
# Debian's cross compiler and C library, the other libraries from scripts/cross-sysroot;
# programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

set(dl3_sysroot ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/arm64)
cmake_path(NORMAL_PATH dl3_sysroot)

# Programs are this machine's; libraries, headers and packages the target's.
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${dl3_sysroot} /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${dl3_sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${dl3_sysroot})
# OpenSSL's configuration header lies in the architecture's own folder.
set(CMAKE_C_FLAGS_INIT "-isystem ${dl3_sysroot}/usr/include/aarch64-linux-gnu")
