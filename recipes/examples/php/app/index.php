<?php
// Counts the visits of a session.
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
header('Content-Type: text/plain; charset=utf-8');
printf("hello, visit %d\n", $_SESSION['visits']);
