Ç
"serve*2.20.0z
V
kernelVarHandleOp*
shape
:*
shared_namedense/kernel*
dtype0

mmMatMul


f	
rRelu*|
serving_defaulti
&
features
x:0ÿÿÿÿÿÿÿÿÿ#
score
y:0ÿÿÿÿÿÿÿÿÿtensorflow/serving/predict*:
__saved_model_init_op!
__saved_model_init_op
NoOp