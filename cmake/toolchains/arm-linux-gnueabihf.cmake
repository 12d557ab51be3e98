# SPDX-License-Identifier: MIT
# Debian's cross compiler and C library, the other libraries from scripts/cross-sysroot;
# programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)

set(dl3_sysroot ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/armhf)
cmake_path(NORMAL_PATH dl3_sysroot)

# Programs are this machine's; libraries, headers and packages the target's.
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH ${dl3_sysroot} /usr/arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${dl3_sysroot}/usr/lib/arm-linux-gnueabihf/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${dl3_sysroot})
# OpenSSL's configuration header lies in the architecture's own folder.
set(CMAKE_C_FLAGS_INIT "-isystem ${dl3_sysroot}/usr/include/arm-linux-gnueabihf")
